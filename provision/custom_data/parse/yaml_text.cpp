#include "provision/custom_data/parse/yaml_text.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kWhite = " \t\n";

/// Whether PyYAML refuses a character of valid UTF-8: C0 and C1 controls other than white space and
/// NEL, DEL, and the last two characters of the basic plane.
bool is_refused(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1)
    return (first < 0x20 && character != "\t" && character != "\n" && character != "\r") ||
           first == 0x7f;
  if (first == 0xc2) return character < "\xc2\xa0" && character != "\xc2\x85";
  return character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf";
}

}  // namespace

std::optional<YamlFailure> find_bad_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text.substr(at));
    if (length != 0 && !is_refused(text.substr(at, length))) {
      at += length;
      continue;
    }
    const auto place = find_place(text, at);
    YamlFailure failure{.line = place.line, .column = place.column, .text = {}};
    if (length == 0) {
      failure.text = "the text is not UTF-8 here";
      failure.advice = "save it as UTF-8; for binary data use '!!binary' or 'encoding: b64'";
    } else {
      failure.text = "a control character is not allowed here";
      failure.advice = R"(remove it, or write it as an escape such as "\e" in double quotes)";
    }
    return failure;
  }
  return {};
}

std::optional<YamlFailure> find_bad_directive(std::string_view text) {
  constexpr std::size_t kLongest = 1024;
  bool in_document = false;
  for (std::size_t start = 0; start < text.size();) {
    const auto line = find_line(text, start);
    const bool known = line.starts_with("%YAML ") || line.starts_with("%TAG ");
    if (line.starts_with('%') && (line.size() > kLongest || !(known || in_document))) {
      const auto place = find_place(text, start);
      return YamlFailure{.line = place.line,
                         .column = place.column,
                         .text = "a line cannot start with '%'",
                         .advice = "put the text in quotes"};
    }
    const auto content = trim(line);
    if (!content.empty() && !content.starts_with('#') && !line.starts_with('%')) in_document = true;
    start += line.size() + 1;
  }
  return {};
}

Secret with_line_feeds(std::string_view text) {
  std::string result;
  result.reserve(text.size());  // so that no part of it stays behind in memory
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool pair = text.substr(at).starts_with("\r\n");
    result += text[at] == '\r' ? '\n' : text[at];
    if (pair) ++at;
  }
  return Secret(std::move(result));
}

std::size_t find_line_start(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at).rfind('\n');
  return before == std::string_view::npos ? 0 : before + 1;
}

std::string_view find_line(std::string_view text, std::size_t at) {
  const auto line = text.substr(find_line_start(text, at));
  return line.substr(0, line.find('\n'));
}

YamlPlace find_place(std::string_view text, std::size_t at) {
  if (at >= text.size()) {
    const auto last = text.find_last_not_of(kWhite);
    at = last == std::string_view::npos ? 0 : last;
  }
  return {.line = static_cast<int>(1 + std::ranges::count(text.substr(0, at), '\n')),
          .column = static_cast<int>(1 + at - find_line_start(text, at))};
}

std::optional<std::size_t> find_content_before(std::string_view text, std::size_t at) {
  for (auto rest = text.substr(0, at);;) {
    const auto last = rest.find_last_not_of(kWhite);
    if (last == std::string_view::npos) return {};
    const auto start = find_line_start(rest, last);
    const auto first = rest.find_first_not_of(kBlank, start);
    if (rest[first] != '#') return last;
    rest = rest.substr(0, start);
  }
}

}  // namespace azl::provision::custom_data
