// azl-platform tree: a root tree as the first boot of an Azure VM's image would find it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// One file of the image, the same in every tree.
struct TreeFile {
  const char* path;  ///< relative to the tree
  unsigned mode;
  const char* content;
};

/// The image's own files: accounts, login.defs, sshd's and sudo's configuration, markers for
/// programs.
[[nodiscard]] std::span<const TreeFile> image_files();

/// Makes the tree in a directory that is missing or empty. Its files belong to the caller: useradd
/// -R and its like need a tree that root made.
[[nodiscard]] Result<void> write_tree(const Scenario& scenario, const std::string& directory);

}  // namespace azl::platform
