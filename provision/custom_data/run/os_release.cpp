#include "provision/custom_data/run/os_release.h"

#include <array>
#include <string>
#include <utility>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

/// Removes the quotes around a value of os-release, and its backslashes.
std::string unquote(std::string_view value) {
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                      value.back() == value.front();
  if (quoted) value = value.substr(1, value.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    text += value[i];
  }
  return text;
}

}  // namespace

OsRelease parse_os_release(std::string_view text) {
  OsRelease os;
  const std::array<std::pair<std::string_view, std::string*>, 5> known = {
      {{"ID", &os.id},
       {"VERSION_ID", &os.version_id},
       {"VERSION", &os.version},
       {"VERSION_CODENAME", &os.version_codename},
       {"PRETTY_NAME", &os.pretty_name}}};
  for (const auto line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    for (const auto& [name, value] : known) {
      if (trim(line.substr(0, equals)) == name) *value = unquote(trim(line.substr(equals + 1)));
    }
  }
  return os;
}

OsRelease read_os_release(const Root& root) {
  for (const auto path : {"/etc/os-release", "/usr/lib/os-release"}) {
    const auto text = root.read_if_exists(path);
    if (text && *text) return parse_os_release(**text);
  }
  return {};
}

}  // namespace azl::provision::custom_data
