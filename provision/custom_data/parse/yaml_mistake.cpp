#include "provision/custom_data/parse/yaml_mistake.h"

#include <algorithm>
#include <cctype>
#include <string>

#include <yaml-cpp/exceptions.h>

#include "base/text.h"
#include "provision/custom_data/parse/yaml_text.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kTemplateAdvice =
    "put the value in quotes; for a template, write '## template: jinja' as the first line";

constexpr std::string_view kOpenBracket = "a bracket is not closed";
constexpr std::string_view kOpenBracketAdvice =
    "close it; put a text that starts with a bracket in quotes";

/// A place in a document and its line.
struct Look {
  std::string_view text;
  std::size_t at;     ///< not beyond the text
  std::size_t start;  ///< of the line
  std::string_view line;
};

Look look_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) {
    const auto last = text.find_last_not_of(" \t\n");
    at = last == std::string_view::npos ? 0 : last;
  }
  return {.text = text, .at = at, .start = find_line_start(text, at), .line = find_line(text, at)};
}

YamlFailure failure_at(const Look& look, std::size_t at, std::string_view what,
                       std::string_view advice = {}) {
  const auto place = find_place(look.text, at);
  return {.line = place.line,
          .column = place.column,
          .text = std::string(what),
          .advice = std::string(advice)};
}

std::size_t find_indentation(std::string_view line) {
  return std::min(line.find_first_not_of(kBlank), line.size());
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

/// The offset in a line of a colon that ends a first word and has no space after it. A colon before
/// "//" is one of an address.
std::optional<std::size_t> find_tight_colon(std::string_view line) {
  auto start = find_indentation(line);
  while (line.substr(start).starts_with("- "))
    start = start + 1 + find_indentation(line.substr(start + 1));
  if (line.substr(start).starts_with('-')) return {};
  const auto* const end = std::ranges::find_if_not(line.substr(start), is_word);
  const auto colon = static_cast<std::size_t>(end - line.begin());
  const auto rest = line.substr(colon);
  if (colon == start || !rest.starts_with(':') || rest.starts_with("://")) return {};
  if (rest.size() < 2 || kBlank.contains(rest[1]) || line.contains(": ")) return {};
  return colon;
}

/// The offset in a line of a dash that starts it and has no space after it.
std::optional<std::size_t> find_tight_dash(std::string_view line) {
  const auto start = find_indentation(line);
  const auto rest = line.substr(start);
  if (rest.size() < 2 || rest.front() != '-' || rest[1] == '-' || kBlank.contains(rest[1]))
    return {};
  return start;
}

std::optional<YamlFailure> find_missing_space(const Look& look) {
  if (const auto colon = find_tight_colon(look.line))
    return failure_at(look, look.start + *colon, "a space is missing after this colon",
                      "write 'key: value'");
  if (const auto dash = find_tight_dash(look.line))
    return failure_at(look, look.start + *dash, "a space is missing after this dash",
                      "write '- item'");
  return {};
}

std::optional<YamlFailure> find_bad_indentation(const Look& look) {
  const auto space = look.line.substr(0, look.line.find_first_not_of(" \t\xc2\xa0"));
  if (const auto tab = space.find('\t'); tab != std::string_view::npos)
    return failure_at(look, look.start + tab, "a tab is used as indentation", "indent with spaces");
  if (const auto wide = space.find("\xc2\xa0"); wide != std::string_view::npos)
    return failure_at(look, look.start + wide, "a no-break space is used as indentation",
                      "indent with plain spaces");
  return {};
}

/// A template is no YAML before it is rendered, unless it stands in quotes.
std::optional<YamlFailure> find_template(const Look& look) {
  for (const std::string_view opening : {"{{", "{%"}) {
    const auto at = look.line.find(opening);
    if (at == std::string_view::npos) continue;
    const auto before = trim(look.line.substr(0, at));
    if (!before.empty() && !std::string_view(":-[,").contains(before.back())) continue;
    return failure_at(look, look.start + at,
                      "'" + std::string(opening) + "' starts a YAML map here, not a template",
                      kTemplateAdvice);
  }
  return {};
}

/// The offset after a block scalar that starts at `at`: of the first line that is not deeper than
/// its own. Returns `at` if no block scalar starts there.
std::size_t skip_block_scalar(std::string_view text, std::size_t at) {
  if (at >= text.size() || !std::string_view("|>").contains(text[at])) return at;
  const auto own = find_indentation(find_line(text, at));
  for (auto end = text.find('\n', at); end != std::string_view::npos;
       end = text.find('\n', end + 1)) {
    const auto line = find_line(text, end + 1);
    if (!trim(line).empty() && find_indentation(line) <= own) return end + 1;
  }
  return text.size();
}

/// The offset of the first quote or, if that starts the text, bracket which is not closed. `from`
/// is the start of a value.
std::optional<std::size_t> find_open(std::string_view text, std::size_t from) {
  char before = ' ';
  std::size_t depth = 0;
  for (auto at = skip_block_scalar(text, from); at < text.size(); before = text[at], ++at) {
    const char c = text[at];
    if (c == '#' && std::string_view(" \t\n").contains(before)) {
      at = std::min(text.find('\n', at), text.size() - 1);
    } else if ((c == '"' || c == '\'') && std::string_view(" \t\n[{,:-").contains(before)) {
      auto end = at + 1;
      while (end < text.size() && text[end] != c) end += c == '"' && text[end] == '\\' ? 2 : 1;
      if (end >= text.size()) return at;
      at = end;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if ((c == ']' || c == '}') && depth > 0) {
      if (depth == 1) return {};
      --depth;
    }
  }
  return depth > 0 ? std::optional(from) : std::nullopt;
}

bool is_any(std::string_view message, auto... known) {
  return ((message == std::string_view(known)) || ...);
}

std::optional<YamlFailure> find_open_quote(const Look& look, const YamlMistake& mistake) {
  namespace msg = YAML::ErrorMsg;
  if (!is_any(mistake.message, msg::EOF_IN_SCALAR, msg::DOC_IN_SCALAR)) return {};
  const auto open = find_open(mistake.text.substr(0, mistake.at), mistake.last);
  return failure_at(look, open.value_or(look.at), "a quote is not closed",
                    "close it; a text that contains a quote can stand in the other kind of quotes");
}

/// What is wrong in a list or map in brackets.
std::optional<YamlFailure> find_bracket(const Look& look, const YamlMistake& mistake) {
  namespace msg = YAML::ErrorMsg;
  if (is_any(mistake.message, msg::FLOW_END))
    return failure_at(look, look.at, "a closing bracket does not fit the opening one",
                      "put a text that contains brackets in quotes");
  if (!mistake.bracket || !is_any(mistake.message, msg::END_OF_SEQ_FLOW, msg::END_OF_MAP_FLOW))
    return {};
  const auto opening = look_at(look.text, *mistake.bracket);
  const bool ended =
      mistake.at >= look.text.size() || look.line.starts_with("...") ||
      (look.start > opening.at &&
       find_indentation(look.line) <= find_indentation(opening.line));  // like a line after it
  if (ended) return failure_at(look, opening.at, kOpenBracket, kOpenBracketAdvice);
  return failure_at(look, look.at, "a comma or a closing bracket is missing before this",
                    "put a text that contains brackets, commas or colons in quotes");
}

/// A character with which no text without quotes can start.
std::optional<YamlFailure> find_reserved(const Look& look, const YamlMistake& mistake) {
  namespace msg = YAML::ErrorMsg;
  const auto advised = [&](std::string_view what, char c) {
    const auto at = look.text.substr(0, look.at + 1).rfind(c);
    return failure_at(look, at == std::string_view::npos ? look.at : at, what,
                      std::string("put a text that starts with ") + c + " in quotes");
  };
  const char c = look.text.empty() ? ' ' : look.text[look.at];
  if (is_any(mistake.message, msg::UNKNOWN_TOKEN) && std::string_view("%@`|>?").contains(c))
    return advised(std::string("a text cannot start with '") + c + "' here", c);
  if (mistake.message.starts_with(msg::UNKNOWN_ANCHOR))
    return advised("an alias stands for an anchor that is not defined above", '*');
  if (is_any(mistake.message, msg::ALIAS_NOT_FOUND, msg::CHAR_IN_ALIAS))
    return advised("the name of an alias is missing or not allowed", '*');
  if (is_any(mistake.message, msg::ANCHOR_NOT_FOUND, msg::CHAR_IN_ANCHOR))
    return advised("the name of an anchor is missing or not allowed", '&');
  return {};
}

/// Text after a closing quote. Often the quote was to be part of the text.
std::optional<YamlFailure> find_text_after_quote(const Look& look, const YamlMistake& mistake) {
  auto before = look.text.substr(look.start, look.at - look.start);
  const std::string_view skipped =
      mistake.message == YAML::ErrorMsg::CHAR_IN_BLOCK ? " \t|>+-0123456789" : " \t";
  before = before.substr(0, before.find_last_not_of(skipped) + 1);
  if (before.empty() || (before.back() != '"' && before.back() != '\'')) return {};
  auto failure = failure_at(look, look.at, "text follows a closing quote",
                            "put the whole value in quotes, of the kind that it does not contain");
  const auto opening = find_place(look.text, mistake.last);
  if (opening.line < failure.line) failure.opening = opening.line;
  return failure;
}

/// Text after the closing bracket of a value that starts with a bracket. Often the brackets are a
/// command's.
std::optional<YamlFailure> find_text_after_bracket(const Look& look) {
  const auto before = trim(look.text.substr(look.start, look.at - look.start));
  if (!before.ends_with(']') && !before.ends_with('}')) return {};
  return failure_at(look, look.at, "text follows a closing bracket",
                    "put the whole value in quotes: write '- [ -f FILE ] && COMMAND' as "
                    "\"- '[ -f FILE ] && COMMAND'\"");
}

/// yaml-cpp notices at a colon that what is before it cannot be a key.
std::optional<YamlFailure> find_misplaced_colon(const Look& look, const YamlMistake& mistake) {
  if (mistake.message != YAML::ErrorMsg::MAP_VALUE) return {};
  if (look.text.substr(look.start, look.at - look.start).contains(": "))
    return failure_at(look, look.at, "a second ': ' in one line is not allowed",
                      "put the value in quotes");
  const auto above = find_content_before(look.text, look.start);
  if (!above) return {};
  const auto previous = look_at(look.text, *above);
  if (auto failure = find_missing_space(previous)) return failure;
  const auto own = find_indentation(look.line);
  const auto other = find_indentation(previous.line);
  if (own > other && previous.line.contains(':'))
    return failure_at(look, look.start + own,
                      "this line is deeper than the line above, which already has a value",
                      "indent it like the line above, or remove the value there");
  return failure_at(previous, previous.start + other,
                    "this line is neither 'key: value' nor a list item",
                    "add the colon, or '- ' at the start; indent the next line of a text deeper");
}

std::optional<YamlFailure> find_known_message(const Look& look, const YamlMistake& mistake) {
  namespace msg = YAML::ErrorMsg;
  struct Known {
    std::string_view message;
    std::string_view text;
    std::string_view advice;
  };
  static const Known kKnown[] = {
      {msg::INVALID_ESCAPE, "a backslash in double quotes starts an unknown escape",
       "write \\\\ for a backslash, or use single quotes"},
      {msg::INVALID_HEX, "an escape in double quotes needs hexadecimal digits",
       "write \\\\ for a backslash, or use single quotes"},
      {msg::INVALID_UNICODE, "an escape in double quotes is no Unicode character",
       "write the character itself"},
      {msg::CHAR_IN_BLOCK, "text follows '|' or '>'",
       "start the text in the next line; put a text that starts with | or > in quotes"},
      {msg::ZERO_INDENT_IN_BLOCK, "the indentation after '|' or '>' cannot be 0", ""},
      {msg::BLOCK_ENTRY, "a list item cannot start here",
       "start it in a line of its own; put a text that starts with '- ' in quotes"},
      {msg::MAP_KEY, "a key cannot start here", "put a text that starts with '? ' in quotes"},
      {msg::TAB_IN_INDENTATION, "a tab is used as indentation", "indent with spaces"},
      {msg::MULTIPLE_TAGS, "a value has two tags", "put a text that starts with ! in quotes"},
      {msg::MULTIPLE_ANCHORS, "a value has two anchors", "put a text that starts with & in quotes"},
      {msg::END_OF_VERBATIM_TAG, "a tag is not closed", "put a text that starts with ! in quotes"},
      {msg::CHAR_IN_TAG_HANDLE, "a tag has a character that is not allowed",
       "put a text that starts with ! in quotes"},
      {msg::TAG_WITH_NO_SUFFIX, "a tag has no name", "put a text that starts with ! in quotes"},
      {msg::BAD_FILE, "values are nested more than 64 levels deep", ""},
  };
  for (const auto& known : kKnown)
    if (mistake.message.starts_with(known.message))
      return failure_at(look, look.at, known.text, known.advice);
  if (look.line.starts_with("%YAML") || look.line.starts_with("%TAG"))
    return failure_at(look, look.start, "a directive of YAML is wrong",
                      "put a text that starts with % in quotes");
  if (look.line.starts_with('%'))
    return failure_at(look, look.start, "a line cannot start with '%'", "put the text in quotes");
  return {};
}

}  // namespace

bool is_block_scalar_lost(std::string_view text, std::size_t at) {
  auto rest = text.substr(std::min(at, text.size()));
  const auto size = rest.size();
  while (rest.starts_with('&') || rest.starts_with('!')) {
    rest.remove_prefix(std::min(rest.find_first_of(" \n"), rest.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  if (rest.size() == size || !(rest.starts_with('|') || rest.starts_with('>'))) return false;
  // Such an item ends its line, so that no line is searched often.
  const auto start = find_line_start(text, at);
  const auto before = text.substr(start, at - start);
  const auto dash = before.find_last_not_of(' ');
  if (dash == std::string_view::npos || (before[dash] != '-' && before[dash] != '?')) return false;
  const auto next = text.find_first_not_of(" \n", std::min(text.find('\n', at), text.size()));
  return next != std::string_view::npos && next - find_line_start(text, next) > dash;
}

YamlFailure describe_collection_key(std::string_view text, std::size_t at,
                                    std::optional<std::size_t> bracket) {
  const auto look = look_at(text, at);
  const auto before = at > 0 ? at - 1 : at;
  if (text.substr(before).starts_with("{{"))
    return failure_at(look, before, "'{{' starts a YAML map here, not a template", kTemplateAdvice);
  const auto outermost = bracket.value_or(at);
  if (find_open(text, outermost))
    return failure_at(look, outermost, kOpenBracket, kOpenBracketAdvice);
  return failure_at(look, at, "a list or a map cannot be a key",
                    "put a text that starts with a bracket in quotes");
}

YamlFailure describe_open_bracket(std::string_view text, std::size_t at) {
  return failure_at(look_at(text, at), at, kOpenBracket, kOpenBracketAdvice);
}

YamlFailure describe_stray_line(std::string_view text, std::size_t at) {
  const auto look = look_at(text, at);
  if (auto failure = find_bad_indentation(look)) return *failure;
  if (auto failure = find_template(look)) return *failure;
  if (auto failure = find_missing_space(look)) return *failure;
  if (auto failure = find_text_after_bracket(look)) return *failure;
  const auto content = trim(look.line);
  const bool is_entry = content.contains(':') || content.starts_with("- ") || content == "-";
  if (trim(text.substr(look.start, look.at - look.start)).empty() && is_entry)
    return failure_at(look, look.at, "the indentation fits no line above",
                      "indent the line like the other keys or items of its list or map");
  return failure_at(look, look.at, "this is neither 'key: value' nor a list item",
                    "add the colon, or '- ' at the start; check the indentation");
}

YamlFailure describe_mistake(const YamlMistake& mistake) {
  const auto look = look_at(mistake.text, mistake.at);
  if (auto failure = find_open_quote(look, mistake)) return *failure;
  if (auto failure = find_bad_indentation(look)) return *failure;
  if (auto failure = find_template(look)) return *failure;
  if (auto failure = find_bracket(look, mistake)) return *failure;
  if (auto failure = find_reserved(look, mistake)) return *failure;
  if (auto failure = find_text_after_quote(look, mistake)) return *failure;
  if (auto failure = find_misplaced_colon(look, mistake)) return *failure;
  if (auto failure = find_known_message(look, mistake)) return *failure;
  return describe_stray_line(mistake.text, mistake.at);
}

}  // namespace azl::provision::custom_data
