// Records the content of a directory, and lists the changes between two records.
#pragma once

#include <map>
#include <string>

#include <sys/types.h>

#include "tests/system/program.h"

namespace azl::test {

/// Maps every path in a tree to a text with its kind, mode, owner, time, and content or link
/// target. Leaves out the paths in `without`, and everything below them.
using Snapshot = std::map<std::string, std::string>;
[[nodiscard]] Snapshot snapshot(const std::string& directory, const Strings& without = {});
/// Returns "new etc/x", "gone etc/y" and "changed etc/z", sorted by path.
[[nodiscard]] Strings differences(const Snapshot& before, const Snapshot& after);

/// Returns the permissions, such as 0640, or -1 if the path does not exist. Does not follow links.
[[nodiscard]] int mode_of(const std::string& path);
[[nodiscard]] uid_t owner_of(const std::string& path);

}  // namespace azl::test
