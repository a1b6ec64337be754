// The sudoers files of a tree, in the order in which sudo reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "provision/accounts/sudo_rules.h"

namespace azl::provision {

/// The file with the admin user's rule. The name has no '.', because sudo ignores files with one.
inline constexpr std::string_view kSudoersFile = "/etc/sudoers.d/90-azl-provision";

struct SudoersFiles {
  std::vector<SudoersLine> lines;    ///< of all files, in sudo's order
  std::vector<std::string> ignored;  ///< files that sudo does not read, and why, a sentence each
};

/// Says why sudo ignores a file or directory; empty if it reads it. Source: sudo_secure_file() and
/// sudo_secure_dir() in lib/util/secure_path.c of sudo. Pure.
[[nodiscard]] std::string describe_insecure(const FileInfo& info);

/// Reads /etc/sudoers and all files that it includes. A file or directory of another owner than
/// root, or that others can write to, goes to `ignored`, as sudo ignores it. Stops after 256 files.
/// Errors: kSudoers if there is no /etc/sudoers; kInvalidInput if they have more than 4 MiB; kIo.
[[nodiscard]] Result<SudoersFiles> read_sudoers(const Root& root);

}  // namespace azl::provision
