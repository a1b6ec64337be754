#include "provision/image/check/layered_files.h"

#include <map>
#include <utility>

namespace azl::provision {

bool is_masked(const Root& root, const std::string& path) {
  if (const auto target = root.link_target(path)) return *target == "/dev/null";
  const auto info = root.stat(path);
  return info && *info && (*info)->is_regular() && (*info)->size == 0;
}

std::vector<LayeredFile> list_layered_files(const Root& root,
                                            std::span<const std::string_view> directories,
                                            std::string_view suffix) {
  std::map<std::string, std::string> paths;
  for (const auto directory : directories) {
    const auto names = root.list(directory);
    if (!names) continue;
    for (const auto& name : *names) {
      if (name.ends_with(suffix) && !name.starts_with('.'))
        paths.try_emplace(name, std::string(directory) + "/" + name);
    }
  }
  std::vector<LayeredFile> files;
  files.reserve(paths.size());
  for (auto& [name, path] : paths) {
    const bool masked = is_masked(root, path);
    files.push_back({.name = name, .path = std::move(path), .masked = masked});
  }
  return files;
}

std::string read_image_file(const Root& root, std::string_view path) {
  const auto text = root.read_if_exists(path);
  return text ? text->value_or("") : std::string();
}

}  // namespace azl::provision
