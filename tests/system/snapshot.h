// What is in a directory, and what has changed in it.
#pragma once

#include <map>
#include <string>

#include <sys/types.h>

#include "tests/system/program.h"

namespace azl::test {

/// Every name in a tree with what it is: kind, mode, owner, size, time, content or target. Names in
/// `without` are left out with all below them.
using Snapshot = std::map<std::string, std::string>;
[[nodiscard]] Snapshot snapshot(const std::string& directory, const Strings& without = {});
/// "new etc/x", "gone etc/y", "changed etc/z"; sorted by name.
[[nodiscard]] Strings differences(const Snapshot& before, const Snapshot& after);

/// Permissions, as in 0640; -1 where there is nothing. No link is followed.
[[nodiscard]] int mode_of(const std::string& path);
[[nodiscard]] uid_t owner_of(const std::string& path);

}  // namespace azl::test
