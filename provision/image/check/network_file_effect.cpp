#include "provision/image/check/network_file_effect.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include <fnmatch.h>

#include "base/text.h"

namespace azl::provision {
namespace {

struct IniLine {
  FileLine place;
  std::string section;
  std::string key;
  std::string value;
};

void read_lines(const TextFile& part, std::vector<IniLine>& lines) {
  std::string section;
  int number = 0;
  for (const auto raw : split_lines(part.text)) {
    ++number;
    const auto line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      section = std::string(line.substr(1, line.find(']') - 1));
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    lines.push_back({.place = {.path = part.path, .line = number, .text = std::string(line)},
                     .section = section,
                     .key = std::string(trim(line.substr(0, equals))),
                     .value = std::string(trim(line.substr(equals + 1)))});
  }
}

std::vector<IniLine> read_lines(std::span<const TextFile> parts) {
  std::vector<IniLine> lines;
  for (const auto& part : parts) read_lines(part, lines);
  return lines;
}

/// Whether a list of patterns matches, as networkd's Name= does: "!" before the list inverts it.
bool matches_list(std::string_view list, const std::string& text) {
  const bool inverted = list.starts_with('!');
  if (inverted) list.remove_prefix(1);
  const auto patterns = split(list, ' ');
  const bool found = std::ranges::any_of(patterns, [&](std::string_view pattern) {
    const std::string each(trim(pattern).substr(0, 256));
    return !each.empty() && fnmatch(each.c_str(), text.c_str(), 0) == 0;
  });
  return found != inverted;
}

/// All words must be properties of the link.
bool matches_properties(std::string_view list, bool has_roles) {
  return has_roles && std::ranges::all_of(split(list, ' '), [](std::string_view word) {
           word = trim(word);
           if (word.size() > 1 && word.front() == '"') word = word.substr(1, word.size() - 2);
           return word == "AZL_LINK_DHCP=yes" || word == "AZL_LINK_ROLE=synthetic";
         });
}

bool matches_condition(const IniLine& line, bool has_roles) {
  if (line.key == "Name" || line.key == "OriginalName") return matches_list(line.value, "eth0");
  if (line.key == "Driver") return matches_list(line.value, "hv_netvsc");
  if (line.key == "Type") return matches_list(line.value, "ether");
  if (line.key == "Kind") return line.value.starts_with('!');
  if (line.key == "Property") return matches_properties(line.value, has_roles);
  if (line.key == "Virtualization")
    return line.value == "yes" || line.value == "vm" || line.value == "microsoft";
  return false;
}

bool matches_link(const std::vector<IniLine>& lines, bool has_roles) {
  bool has_condition = false;  // networkd ignores a file without any
  for (const auto& line : lines) {
    if (line.section != "Match" || line.value.empty()) continue;
    if (!matches_condition(line, has_roles)) return false;
    has_condition = true;
  }
  return has_condition;
}

const IniLine* find_last(const std::vector<IniLine>& lines, std::string_view section,
                         std::string_view key) {
  const IniLine* found = nullptr;
  for (const auto& line : lines) {
    if (line.section == section && line.key == key) found = &line;
  }
  return found;
}

bool asks_for_ipv4(std::string_view value) {
  return parse_boolean(value) == true || value == "ipv4" || value == "both" || value == "v4";
}

}  // namespace

NetworkFileEffect judge_network_file(std::span<const TextFile> parts, bool has_roles) {
  const auto lines = read_lines(parts);
  NetworkFileEffect effect = {.matches = matches_link(lines, has_roles)};
  const auto obstruct = [&](const IniLine* line, std::string why) {
    effect.obstacle = std::move(why);
    if (line != nullptr)
      effect.line = line->place;
    else if (!parts.empty())
      effect.line = {.path = parts.front().path};
  };
  const auto* unmanaged = find_last(lines, "Link", "Unmanaged");
  if (unmanaged != nullptr && parse_boolean(unmanaged->value) == true) {
    obstruct(unmanaged, "Unmanaged=yes");
    return effect;
  }
  const auto* dhcp = find_last(lines, "Network", "DHCP");
  if (dhcp == nullptr) {
    obstruct(nullptr, "it has no DHCP=");
  } else if (!asks_for_ipv4(dhcp->value)) {
    obstruct(dhcp, "DHCP=" + printable(dhcp->value));
  } else {
    for (const std::string_view section : {"DHCPv4", "DHCP"}) {
      const auto* routes = find_last(lines, section, "UseRoutes");
      if (routes != nullptr && parse_boolean(routes->value) == false)
        obstruct(routes, "UseRoutes=no");
    }
  }
  return effect;
}

}  // namespace azl::provision
