#include "provision/config/files.h"

#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::array<std::string_view, 3> kDirectories = {
    "/etc/azl-provision", "/run/azl-provision", "/usr/lib/azl-provision"};

/// Whether a drop-in only hides others.
bool is_mask(const Root& root, const std::string& path, const std::string& text) {
  return trim(text).empty() || root.link_target(path) == "/dev/null";
}

/// Returns nullopt if the file does not exist.
Result<std::optional<ConfigFile>> read_file(const Root& root, const std::string& path) {
  if (root.link_target(path) == "/dev/null") return ConfigFile{path, {}};
  auto text = OR_RETURN(root.read_if_exists(path), "reading " + path);
  if (!text) return std::nullopt;
  return ConfigFile{path, std::move(*text)};
}

}  // namespace

ConfigFiles read_config_files(const Root& root) {
  ConfigFiles found;
  // Returns whether the file exists, readable or not.
  const auto take_file = [&](const std::string& path, bool drop_in) {
    auto file = read_file(root, path);
    if (!file) {
      found.unread.push_back(std::move(file.error()));
      return true;
    }
    if (!*file) return false;
    if (!drop_in || !is_mask(root, path, (*file)->text)) found.files.push_back(std::move(**file));
    return true;
  };
  for (const auto directory : kDirectories) {
    if (take_file(std::string(directory) + "/azl-provision.conf", false)) break;
  }
  std::map<std::string, std::string> drop_ins;  // name -> path; the first directory wins
  for (const auto directory : kDirectories) {
    const auto folder = std::string(directory) + "/azl-provision.conf.d";
    auto names = root.list(folder);
    if (!names) {
      found.unread.push_back(std::move(names.error()).with_context("reading " + folder));
      continue;
    }
    for (const auto& name : *names) {
      if (name.ends_with(".conf") && !name.starts_with('.'))
        drop_ins.try_emplace(name, folder + "/" + name);
    }
  }
  for (const auto& [name, path] : drop_ins) take_file(path, true);
  return found;
}

}  // namespace azl::provision
