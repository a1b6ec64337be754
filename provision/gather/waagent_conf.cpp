#include "provision/gather/waagent_conf.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "base/text.h"

namespace azl::provision {
namespace {

/// Removes spaces and quotes at both ends.
std::string_view unquoted(std::string_view value) {
  constexpr std::string_view kRemoved = "\" ";
  const auto first = value.find_first_not_of(kRemoved);
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(kRemoved) - first + 1);
}

/// The key that a line sets; empty if it sets none.
std::string_view key_of(std::string_view line) {
  const auto equals = line.find('=');
  if (line.starts_with('#') || equals == std::string_view::npos) return {};
  return trim(line.substr(0, equals));
}

}  // namespace

std::vector<WaagentSetting> parse_waagent_conf(std::string_view text) {
  std::map<std::string_view, int> last;
  std::vector<WaagentSetting> settings;
  int number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    const auto key = key_of(line);
    if (key.empty()) continue;
    last[key] = number;
    const auto value = line.substr(line.find('=') + 1);
    settings.push_back({.key = std::string(key),
                        .value = std::string(trim(unquoted(value.substr(0, value.find('#'))))),
                        .line = number});
  }
  std::erase_if(settings, [&](const auto& each) { return each.line != last[each.key]; });
  return settings;
}

bool has_waagent_switch(std::string_view text, std::string_view key) {
  const auto settings = parse_waagent_conf(text);
  return std::ranges::any_of(
      settings, [&](const auto& each) { return each.key == key && lower(each.value) == "y"; });
}

std::string with_waagent_value(std::string_view text, std::string_view key,
                               std::string_view value) {
  std::string edited;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    const auto line = text.substr(from, end - from);
    if (key_of(line) == key)
      edited.append(line.substr(0, line.find('=') + 1)).append(value);
    else
      edited.append(line);
    if (end < text.size()) edited += '\n';
    from = end + 1;
  }
  return edited;
}

}  // namespace azl::provision
