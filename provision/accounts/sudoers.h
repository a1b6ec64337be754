// The sudoers entry of the admin user, and whether sudo obeys it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/account.h"
#include "provision/accounts/sudo_rules.h"

namespace azl::provision {

/// [User] Sudo=: sudo without a password, with the password, or no entry.
enum class SudoRule { kNoPassword, kPassword, kNone };

/// Returns the sudoers file for a user; empty for kNone. Writes #UID instead of a name that needs
/// quoting or that sudoers would read as an alias or keyword ([A-Z][A-Z0-9_]*, "Defaults",
/// "sha256", …).
[[nodiscard]] std::string sudoers_text(const Account& account, SudoRule rule);
/// Returns the rules of a user with the user's name before each: "ann ALL=(ALL) ALL". A name that
/// needs quoting is written as #UID.
[[nodiscard]] std::string sudoers_text(const Account& account,
                                       const std::vector<std::string>& rules);
/// Whether `visudo -c -f -` accepts a text. Errors: kSudoers if visudo could not be run;
/// kToolMissing.
[[nodiscard]] Result<bool> does_sudo_accept(Processes& processes, const std::string& text,
                                            const Deadline& deadline);
/// Writes a file of /etc/sudoers.d (mode 0440, owner root), or removes it if `text` is empty. Does
/// not check the text. Returns whether anything changed. Errors: kSudoers, also if /etc/sudoers.d
/// is missing because sudo is not installed; kDiskFull, kReadOnly.
[[nodiscard]] Result<bool> write_sudoers(const Root& root, std::string_view path,
                                         const std::string& text);
/// The file in /etc/sudoers.d with the rules that custom data has for a user. It has the uid in its
/// name, because sudo ignores names with a '.', which a user name can have. sudo reads it after
/// kSudoersFile, so it overrules that one.
[[nodiscard]] std::string sudoers_file_of(const Account& account);

/// Writes /etc/sudoers.d/90-azl-provision (mode 0440, owner root) if `visudo -c -f -` accepts the
/// text; removes the file for kNone. Returns whether anything changed. Errors: kSudoers, also if
/// /etc/sudoers.d is missing because sudo is not installed; kToolMissing if only visudo is missing;
/// kDiskFull, kReadOnly.
[[nodiscard]] Result<bool> ensure_sudoers(const Root& root, Processes& processes,
                                          const Account& account, SudoRule rule,
                                          const Deadline& deadline);

/// What sudo says about a user.
struct SudoAnswer {
  RootAccess access = RootAccess::kNone;
  std::string complaints;  ///< on stderr, for example a syntax error; empty: none
};

/// Runs `sudo -n -l -U USER` on the live machine. It asks for no password, and runs no command as
/// the user. Errors: kSudoers with sudo's message, also if sudo refuses to work or is missing.
[[nodiscard]] Result<SudoAnswer> ask_sudo(Processes& processes, const std::string& user,
                                          const Deadline& deadline);

}  // namespace azl::provision
