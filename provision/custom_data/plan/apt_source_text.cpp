#include "provision/custom_data/plan/apt_source_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

using Mistake = AptSourceMistake;

bool is_name_character(char c) { return is_letter_or_digit(c) || c == '_' || c == '.'; }

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20U && c != '\t' && c != '\n') || c == 0x7f;
  });
}

/// Whether cloud-init hands the text to add-apt-repository: "^[\w-]+:\w".
bool is_for_add_apt_repository(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const auto is_word = [](char c) { return is_letter_or_digit(c) || c == '_'; };
  return is_word(text[colon + 1]) &&
         std::ranges::all_of(text.substr(0, colon), [&](char c) { return is_word(c) || c == '-'; });
}

/// The text begins with '$'. Returns the length of the variable that begins there, or 0 if the '$'
/// begins no variable.
/// `name`: without "$", "{" and "}".
std::size_t find_variable(std::string_view text, std::string_view& name) {
  const bool braces = text.size() > 1 && text[1] == '{';
  const auto begin = text.substr(braces ? 2 : 1);
  const auto* const end = std::ranges::find_if_not(begin, is_name_character);
  name = begin.substr(0, static_cast<std::size_t>(end - begin.begin()));
  if (name.empty()) return 0;
  if (!braces) return 1 + name.size();
  return end != begin.end() && *end == '}' ? name.size() + 3 : 0;
}

Mistake describe_variable(std::string_view name) {
  constexpr auto kMirrors = std::to_array<std::string_view>({"MIRROR", "PRIMARY", "SECURITY"});
  if (name == "KEY_FILE")
    return {"it has '$KEY_FILE', and there is no 'key'", "give the key itself in 'key'"};
  if (std::ranges::find(kMirrors, name) != kMirrors.end())
    return {"'$" + std::string(name) + "' is not known", "write the address of the mirror"};
  return {"it has a '$' before a word that is no variable",
          "use '$RELEASE' and '$KEY_FILE' only, and '%24' for a '$' in an address"};
}

/// Replaces the variables, as cloud-init's basic_render() finds them.
std::expected<std::string, Mistake> replace_variables(std::string_view text,
                                                      std::string_view key_file) {
  std::string replaced;
  while (!text.empty()) {
    std::string_view name;
    const auto length = text.front() == '$' ? find_variable(text, name) : 0;
    if (length == 0)
      replaced += text.front();
    else if (name == "RELEASE")
      replaced += kAptRelease;
    else if (name == "KEY_FILE" && !key_file.empty())
      replaced += key_file;
    else
      return std::unexpected(describe_variable(name));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return replaced;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBlanks = " \t";
  for (auto begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(kBlanks, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

/// Whether apt understands a line of a file that ends in ".list": "deb [OPTIONS] URI SUITE
/// COMPONENT…". A suite that ends in "/" is a directory, and has no components.
bool is_one_line_source(std::string_view line) {
  const auto type = line.substr(0, line.find_first_of(" \t"));
  if (type != "deb" && type != "deb-src") return false;
  auto rest = trim(line.substr(type.size()));
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return false;
    rest = rest.substr(end + 1);
  }
  const auto words = split_words(rest);
  if (words.size() < 2 || !words[0].contains(':')) return false;
  return words[1].ends_with('/') == (words.size() == 2);
}

bool has_field(const std::vector<std::string_view>& lines, std::string_view field) {
  return std::ranges::any_of(lines, [&](std::string_view line) {
    return lower(line.substr(0, line.find(':'))) == field && line.contains(':');
  });
}

/// Whether a line has a field, goes on with one, or separates sources.
bool is_deb822_line(std::string_view line) {
  if (trim(line).empty() || line.starts_with('#') || line.starts_with(' ') ||
      line.starts_with('\t'))
    return true;
  const auto name = line.substr(0, line.find(':'));
  return !name.empty() && name.size() < line.size() &&
         std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

std::optional<Mistake> find_deb822_mistake(const std::vector<std::string_view>& lines) {
  if (has_field(lines, "uris") && has_field(lines, "suites") &&
      std::ranges::all_of(lines, is_deb822_line))
    return std::nullopt;
  return Mistake{"it lacks 'URIs:' or 'Suites:', or has a line without a field",
                 "write the fields 'Types:', 'URIs:', 'Suites:' and 'Components:'"};
}

std::optional<Mistake> find_line_mistake(const std::vector<std::string_view>& lines) {
  std::size_t sources = 0;
  for (const auto untrimmed : lines) {
    const auto line = trim(untrimmed.substr(0, untrimmed.find('#')));
    if (line.empty()) continue;
    if (!is_one_line_source(line))
      return Mistake{
          "it has a line that is no source of apt, with which apt would read no source at all",
          "write 'deb ADDRESS $RELEASE COMPONENT'"};
    ++sources;
  }
  if (sources > 0) return std::nullopt;
  return Mistake{"it is empty", "write 'deb ADDRESS $RELEASE COMPONENT'"};
}

}  // namespace

std::expected<AptSourceText, AptSourceMistake> read_apt_source_text(std::string_view source,
                                                                    std::string_view key_file) {
  source = trim(source);
  if (has_control_character(source))
    return std::unexpected(Mistake{"it has a control character", "remove it"});
  const bool deb822 = has_field(split(source, '\n'), "types");
  if (!deb822 && is_for_add_apt_repository(source))
    return std::unexpected(
        Mistake{"it is for add-apt-repository, which is not run",
                "write 'deb ADDRESS $RELEASE COMPONENT' and the key in 'key', or run "
                "add-apt-repository in 'runcmd'"});
  auto text = replace_variables(source, key_file);
  if (!text) return std::unexpected(std::move(text.error()));
  const auto lines = split(*text, '\n');
  if (auto mistake = deb822 ? find_deb822_mistake(lines) : find_line_mistake(lines))
    return std::unexpected(std::move(*mistake));
  return AptSourceText{.text = std::move(*text) + "\n", .deb822 = deb822};
}

std::string replace_apt_release(std::string_view text, std::string_view release) {
  std::string replaced;
  for (auto at = text.find(kAptRelease); at != std::string_view::npos;
       at = text.find(kAptRelease)) {
    replaced += std::string(text.substr(0, at)) + std::string(release);
    text.remove_prefix(at + kAptRelease.size());
  }
  return replaced + std::string(text);
}

}  // namespace azl::provision::custom_data
