// azl-platform tree: makes the root tree of an Azure VM as it is before the first boot.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// One file of the image. It is the same in every tree.
struct TreeFile {
  const char* path;  ///< relative to the tree
  unsigned mode;
  const char* content;
};

/// The files of the image: accounts, login.defs, the configuration of sshd and sudo, and empty
/// files for programs.
[[nodiscard]] std::span<const TreeFile> image_files();

/// Makes the tree in a directory that is missing or empty. The files belong to the caller; tools
/// like useradd -R need a tree that root made.
[[nodiscard]] Result<void> write_tree(const Scenario& scenario, const std::string& directory);

/// Makes an existing tree, such as a copy of an image's files, that of a VM which boots for the
/// first time: gives it the files of the kernel and of the firmware, in place of its own /proc,
/// /sys and /run, and KVP pools if it has none.
[[nodiscard]] Result<void> become_machine(const Vm& vm, const std::string& directory);

}  // namespace azl::platform
