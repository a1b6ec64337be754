// The files that sshd reads: which ones a configuration includes, and a copy of a tree's for the
// sshd of the running system.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

/// Returns the patterns of an Include line as sshd_config(5) defines them, absolute. Returns
/// nullopt if the line is no Include. Pure.
[[nodiscard]] std::optional<std::vector<std::string>> parse_sshd_include(std::string_view line);

/// Returns the paths that a pattern matches in a tree, sorted, as glob(3) does. Skips links that
/// lead nowhere. Takes from `budget` the number of names that it compares. Errors: kInvalidInput if
/// the pattern has a component ".." or matches more than 1,000 paths, or if `budget` is used up;
/// kIo.
[[nodiscard]] Result<std::vector<std::string>> glob_in_tree(const Root& root,
                                                            std::string_view pattern,
                                                            std::size_t& budget);
/// The budget for all patterns of a configuration.
inline constexpr std::size_t kMostNamesCompared = 200'000;

/// A copy of a tree's /etc/ssh. Whatever links, FIFOs and devices the tree has, sshd reads regular
/// files of bounded size, and nothing of the running system.
class SshdFiles {
 public:
  /// Copies to the directory "/ssh" of `copy`: sshd_config, everything that it includes, and the
  /// other regular files of /etc/ssh up to 1 MiB, such as host keys. Included files that are
  /// outside /etc/ssh are copied too; their Include lines are changed, but no line gets another
  /// number. Errors: kInvalidInput if an included file is not a regular file or is longer than 1
  /// MiB, or if there are more than 1,000 files or 16 MiB; kIo.
  [[nodiscard]] static Result<SshdFiles> copy(const Root& tree, const Root& copy);

  /// Returns the path in the tree of a file that sshd names.
  [[nodiscard]] std::string path_in_tree(std::string_view path) const;

 private:
  friend class SshdCopying;
  std::vector<std::string> outside_;  ///< in the order of their numbers
};

}  // namespace azl::provision
