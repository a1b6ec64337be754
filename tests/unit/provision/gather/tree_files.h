// Writes files and units to a tree, for tests that gather facts from it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "base/root.h"
#include "tests/unit/temporary_tree.h"

namespace azl::test {

inline constexpr const char* kVm = "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf";
inline constexpr const char* kSwapped = "527c2691-029f-fe4c-b1f4-a4da7ebac2cf";  // generation 1
inline constexpr const char* kOther = "11111111-2222-3333-4444-555555555555";
inline constexpr const char* kWants = "etc/systemd/system/cloud-init.target.wants";
inline constexpr const char* kLocal = "cloud-init-local.service";

using Make = std::function<void(TemporaryTree&)>;

inline Root root_of(const TemporaryTree& tree) {
  auto root = Root::open(tree.path());
  REQUIRE(root);
  return std::move(*root);
}

inline Make file(const std::string& name, const std::string& text) {
  return [=](TemporaryTree& tree) { tree.write(name, text); };
}

/// Writes a package's unit, and a link in `folder` that enables it.
inline void enable(TemporaryTree& tree, const std::string& unit, const std::string& folder) {
  tree.write("usr/lib/systemd/system/" + unit, "[Unit]\n");
  tree.symlink("/usr/lib/systemd/system/" + unit, folder + "/" + unit);
}

}  // namespace azl::test
