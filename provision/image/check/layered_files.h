// Files of directories that hide one another, as systemd, udev and modprobe read them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.h"

namespace azl::provision {

struct LayeredFile {
  std::string name;
  std::string path;     ///< of the first directory that has the name
  bool masked = false;  ///< empty, or a link to /dev/null
};

/// Returns the files with a suffix in all directories, sorted by name. A file of an earlier
/// directory hides those of the same name in later ones. Directories that cannot be read count as
/// empty.
[[nodiscard]] std::vector<LayeredFile> list_layered_files(
    const Root& root, std::span<const std::string_view> directories, std::string_view suffix);

/// Whether a file is empty or a link to /dev/null.
[[nodiscard]] bool is_masked(const Root& root, const std::string& path);

/// Returns the text of a file of the image; empty if it cannot be read or has more than 1 MiB.
[[nodiscard]] std::string read_image_file(const Root& root, std::string_view path);

}  // namespace azl::provision
