// The files in which sshd looks for a user's keys. Pure.
#pragma once

#include <string>
#include <vector>

#include "provision/accounts/account.h"
#include "provision/accounts/sshd_config.h"

namespace azl::provision {

/// A file with the keys of one user.
struct KeysFile {
  std::string path;        ///< absolute, below the root
  std::string below_home;  ///< "/.ssh/authorized_keys"; empty if it is outside the user's home
};

/// Returns ~/.ssh/authorized_keys, OpenSSH's default.
[[nodiscard]] KeysFile usual_keys_file(const Account& account);

/// Returns the files of AuthorizedKeysFile that are this user's alone, in sshd's order: those in
/// the home, and those whose name contains %u, %U or %h. Expands the tokens %h, %u, %U and %%.
/// Skips files that several users share, files with other tokens, and paths with "..".
[[nodiscard]] std::vector<KeysFile> find_keys_files(const SshdAnswer& answer,
                                                    const Account& account);

}  // namespace azl::provision
