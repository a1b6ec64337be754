#include "provision/image/migrate/toml.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/text.h"

namespace azl::provision {
namespace {

bool is_bare(char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; }

/// One line, read from its start.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(trim(text)) {}

  [[nodiscard]] bool at_end() const { return rest_.empty() || rest_.front() == '#'; }
  /// Takes a character and the white space around it. Returns whether it was there.
  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    skip_blanks();
    return true;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  /// Reads a key such as `a.b` or `"a"."b"`. Returns nullopt if no key begins here.
  std::optional<std::string> take_key() {
    std::string key;
    do {
      auto part = take_key_part();
      if (!part) return std::nullopt;
      if (!key.empty()) key += '.';
      key += *part;
    } while (take('.'));
    return key;
  }

  /// Reads a string. Returns nullopt if no string begins here, or if it does not end on this line.
  std::optional<std::string> take_string() {
    skip_blanks();
    const bool literal = rest_.starts_with('\'');
    if (!literal && !rest_.starts_with('"')) return std::nullopt;
    const char quote = rest_.front();
    std::string value;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        skip_blanks();
        return value;
      }
      if (literal || rest_[i] != '\\') {
        value += rest_[i];
        continue;
      }
      const auto escaped = ++i < rest_.size() ? unescape(rest_[i]) : std::nullopt;
      if (!escaped) return std::nullopt;
      value += *escaped;
    }
    return std::nullopt;
  }

 private:
  void skip_blanks() {
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
  }

  std::optional<std::string> take_key_part() {
    skip_blanks();
    if (rest_.starts_with('"') || rest_.starts_with('\'')) return take_string();
    const auto* end = std::ranges::find_if_not(rest_, is_bare);
    std::string part(rest_.begin(), end);
    rest_.remove_prefix(part.size());
    if (part.empty()) return std::nullopt;
    return part;
  }

  /// Escapes of characters by their number are not read: no setting has them.
  static std::optional<char> unescape(char c) {
    switch (c) {
      case '"':
      case '\\':
        return c;
      case 'n':
        return '\n';
      case 't':
        return '\t';
      default:
        return std::nullopt;
    }
  }

  std::string_view rest_;
};

/// How many brackets a text opens and does not close, outside of strings and before a comment.
/// Returns nullopt for a string that does not end.
std::optional<int> open_brackets(std::string_view text) {
  int open = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      break;
    } else if (c == '[' || c == ']') {
      open += c == '[' ? 1 : -1;
    }
  }
  if (quote != 0) return std::nullopt;
  return open;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(split_lines(text.substr(0, kTomlSize))) {}

  TomlSettings parse() && {
    for (; at_ < lines_.size(); ++at_) {
      Line line(lines_[at_]);
      const auto number = static_cast<int>(at_) + 1;
      if (line.at_end()) continue;
      const bool read = line.rest().starts_with('[') ? read_table(line) : read_setting(line);
      if (!read) found_.unread.push_back(number);
    }
    return std::move(found_);
  }

 private:
  bool read_table(Line& line) {
    (void)line.take('[');
    auto key = line.take_key();
    if (!key || !line.take(']') || !line.at_end()) return false;
    table_ = std::move(*key);
    return true;
  }

  bool read_setting(Line& line) {
    TomlSetting setting{.key = {}, .value = {}, .line = static_cast<int>(at_) + 1};
    auto key = line.take_key();
    if (!key || !line.take('=')) return false;
    setting.key = table_.empty() ? std::move(*key) : table_ + "." + *key;
    const auto rest = line.rest();
    if (rest.starts_with('[')) {
      if (!read_array(rest, setting.value)) return false;
    } else if (rest.starts_with('"') || rest.starts_with('\'')) {
      auto text = line.take_string();
      if (!text || !line.at_end()) return false;
      setting.value = std::move(*text);
    } else {
      setting.value = trim(rest.substr(0, rest.find('#')));
      if (setting.value.empty() || setting.value.starts_with('{')) return false;
    }
    found_.settings.push_back(std::move(setting));
    return true;
  }

  /// Reads the lines up to the end of an array.
  bool read_array(std::string_view first, std::string& value) {
    int open = 0;
    for (std::string_view text = first;; text = lines_[at_]) {
      const auto opened = open_brackets(text);
      if (!opened) return false;
      open += *opened;
      if (!value.empty()) value += ' ';
      value += trim(text);
      if (open <= 0) return open == 0;
      if (at_ + 1 >= lines_.size()) return false;
      ++at_;
    }
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::string table_;
  TomlSettings found_;
};

}  // namespace

TomlSettings parse_toml(std::string_view text) { return Parser(text).parse(); }

}  // namespace azl::provision
