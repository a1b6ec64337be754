#include "provision/image/check/command_lines.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::size_t kLongest = std::size_t{64} << 10;

std::string_view without_quotes(std::string_view value) {
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                      value.back() == value.front();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

bool is_name(char c) { return is_letter_or_digit(c) || c == '_'; }

/// A text with the values of its variables, $NAME and ${NAME}.
struct Expanded {
  std::string text;
  bool complete = true;
};
Expanded expand(std::string_view text, const BootVariables& known) {
  Expanded expanded;
  for (std::size_t at = 0; at < text.size() && expanded.text.size() < kLongest;) {
    if (text[at] != '$') {
      expanded.text += text[at++];
      continue;
    }
    const bool braced = text.substr(at).starts_with("${");
    const auto begin = at + (braced ? 2 : 1);
    auto end = begin;
    while (end < text.size() && is_name(text[end])) ++end;
    const auto found = known.find(text.substr(begin, end - begin));
    if (found != known.end()) expanded.text += found->second.substr(0, kLongest);
    // Both are empty where nothing set them.
    else if (!text.substr(begin).starts_with("tuned_params"))
      expanded.complete = false;
    at = end + (braced && end < text.size() ? 1 : 0);
    if (end == begin) at = std::max(at, begin);
  }
  return expanded;
}

bool is_for_rescue(std::string_view command_line) {
  return std::ranges::any_of(split(command_line, ' '), [](std::string_view word) {
    return word == "single" || word == "rescue" || word == "recovery" || word == "emergency" ||
           word.starts_with("systemd.unit=rescue") || word.starts_with("systemd.unit=emergency");
  });
}

std::string spaced(std::string_view line) {
  std::string text(trim(line));
  std::ranges::replace(text, '\t', ' ');
  return text;
}

}  // namespace

BootVariables parse_boot_variables(std::string_view text) {
  BootVariables variables;
  for (const auto raw : split_lines(text)) {
    auto line = trim(raw);
    if (line.starts_with("export ")) line.remove_prefix(7);
    const auto equals = line.find('=');
    if (line.empty() || line.front() == '#' || equals == std::string_view::npos) continue;
    const auto name = line.substr(0, equals);
    if (!name.empty() && std::ranges::all_of(name, is_name))
      variables[std::string(name)] = without_quotes(trim(line.substr(equals + 1)));
  }
  return variables;
}

std::vector<KernelCommandLine> parse_grub_config(const TextFile& file, BootVariables known) {
  std::vector<KernelCommandLine> lines;
  int number = 0;
  for (const auto raw : split_lines(file.text)) {
    ++number;
    const auto line = spaced(raw);
    if (line.starts_with("set ")) {
      for (auto& [name, value] : parse_boot_variables(line.substr(4)))
        known.insert_or_assign(name, expand(value, known).text);
      continue;
    }
    const auto command = line.substr(0, line.find(' '));
    if (command != "linux" && command != "linux16" && command != "linuxefi") continue;
    const auto path_end =
        line.find(' ', std::min(line.find_first_not_of(' ', command.size()), line.size()));
    if (path_end == std::string::npos) continue;
    auto [text, complete] = expand(std::string_view(line).substr(path_end + 1), known);
    if (is_for_rescue(text)) continue;
    lines.push_back({.line = {.path = file.path, .line = number, .text = std::move(text)},
                     .complete = complete});
  }
  return lines;
}

std::optional<KernelCommandLine> parse_boot_entry(const TextFile& file,
                                                  const BootVariables& known) {
  KernelCommandLine found;
  int number = 0;
  for (const auto raw : split_lines(file.text)) {
    ++number;
    const auto line = spaced(raw);
    constexpr std::string_view kKey = "options ";
    if (!line.starts_with(kKey)) continue;
    const auto [text, complete] = expand(std::string_view(line).substr(kKey.size()), known);
    if (found.line.line == 0) found.line = {.path = file.path, .line = number};
    found.line.text += (found.line.text.empty() ? "" : " ") + text;
    found.complete = found.complete && complete;
  }
  if (found.line.line == 0 || is_for_rescue(found.line.text)) return std::nullopt;
  return found;
}

std::optional<KernelCommandLine> parse_grub_defaults(const std::vector<TextFile>& files) {
  BootVariables variables;
  FileLine place;
  for (const auto& file : files) {
    int number = 0;
    for (const auto raw : split_lines(file.text)) {
      ++number;
      for (auto& [name, value] : parse_boot_variables(raw)) {
        if (name.starts_with("GRUB_CMDLINE_LINUX")) place = {.path = file.path, .line = number};
        variables.insert_or_assign(name, expand(value, variables).text);
      }
    }
  }
  if (place.line == 0) return std::nullopt;
  place.text = variables["GRUB_CMDLINE_LINUX"] + " " + variables["GRUB_CMDLINE_LINUX_DEFAULT"];
  return KernelCommandLine{.line = std::move(place), .complete = true};
}

}  // namespace azl::provision
