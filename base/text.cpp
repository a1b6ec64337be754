#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace azl {

namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kEllipsis = "…";

std::uint8_t byte(char character) { return static_cast<std::uint8_t>(character); }

bool is_continuation(char character) { return (byte(character) & 0xC0U) == 0x80U; }

/// Returns how many bytes a character with this first byte has; 0 if no character starts with it.
std::size_t length_by_first_byte(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

/// Returns whether the second byte makes the character overlong, a surrogate, or greater than
/// U+10FFFF (Unicode, table 3-7).
bool second_byte_is_wrong(std::uint8_t first, std::uint8_t second) {
  return (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
         (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
}

/// Returns whether the character could mislead a terminal or a reader: C0 and C1 controls, line and
/// paragraph separators, and the characters that change the direction of text.
bool is_control(std::string_view character) {
  const std::uint8_t first = byte(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  const std::uint8_t second = byte(character[1]);
  if (character.size() == 2) {
    return (first == 0xC2 && second < 0xA0) || (first == 0xD8 && second == 0x9C);  // C1, U+061C
  }
  if (character.size() != 3 || first != 0xE2) return false;
  const std::uint8_t third = byte(character[2]);
  return (second == 0x80 && (third == 0x8E || third == 0x8F)) ||  // U+200E, U+200F
         (second == 0x80 && third >= 0xA8 && third <= 0xAE) ||    // U+2028..U+202E
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);      // U+2066..U+2069
}

/// Returns the code point of a valid UTF-8 character of at most three bytes.
std::uint32_t code_point(std::string_view character) {
  if (character.size() == 1) return byte(character[0]);
  std::uint32_t value = byte(character[0]) & (character.size() == 2 ? 0x1FU : 0x0FU);
  for (const char rest : character.substr(1)) value = (value << 6U) | (byte(rest) & 0x3FU);
  return value;
}

constexpr std::string_view kHex = "0123456789abcdef";

std::string escape(std::string_view bytes) {
  std::string result;
  for (const char character : bytes) {
    result += "\\x";
    result += kHex[byte(character) >> 4U];
    result += kHex[byte(character) & 0x0FU];
  }
  return result;
}

/// The six bits of each base64 digit; 64 for any other character.
constexpr std::array<std::uint8_t, 256> kBase64Values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(64);
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    values[static_cast<std::uint8_t>(kBase64[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& character : result) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  }
  return result;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string result;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) result += separator;
    result += part;
  }
  return result;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;  // the low `pending` bits are not yet a whole byte
  unsigned pending = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char character : text) {
    if (kWhiteSpace.find(character) != std::string_view::npos) continue;
    if (character == '=') {
      ++padding;
      continue;
    }
    const std::uint8_t value = kBase64Values[byte(character)];
    if (value == 64 || padding > 0) return std::nullopt;
    ++digits;
    bits = (bits << 6U) | value;
    pending += 6;
    if (pending >= 8) {
      pending -= 8;
      result += static_cast<char>(bits >> pending);
      bits &= (1U << pending) - 1U;
    }
  }
  const bool whole = padding <= 2 && (digits + padding) % 4 == 0;
  if (!whole || bits != 0) return std::nullopt;
  return result;
}

std::string base64_encode(std::string_view bytes) {
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = (bits << 8U) | (j < group.size() ? byte(group[j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) {
      result += j <= group.size() ? kBase64[(bits >> (18U - 6U * j)) & 0x3FU] : '=';
    }
  }
  return result;
}

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t first = byte(text[0]);
  const std::size_t length = length_by_first_byte(first);
  if (length == 0 || length > text.size()) return 0;
  const auto rest = text.substr(1, length - 1);
  if (!std::all_of(rest.begin(), rest.end(), is_continuation)) return 0;
  if (length > 2 && second_byte_is_wrong(first, byte(text[1]))) return 0;
  return length;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = 0;
  while (true) {
    const std::size_t next = end + std::max<std::size_t>(utf8_length(text.substr(end)), 1);
    if (next > limit) return text.substr(0, end);
    end = next;
  }
}

std::string printable(std::string_view text, std::size_t limit, Quotes quotes) {
  std::string result;
  std::size_t room_for_ellipsis = 0;  // longest prefix of `result` after which "…" fits
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto character = text.substr(0, std::max<std::size_t>(length, 1));
    const bool quote = character == "'" || character == "\"";
    const bool unprintable =
        length == 0 || is_control(character) || (quote && quotes == Quotes::kEscaped);
    result += unprintable ? escape(character) : character;
    if (result.size() > limit) {
      result.resize(room_for_ellipsis);
      if (limit >= kEllipsis.size()) result += kEllipsis;
      return result;
    }
    if (result.size() + kEllipsis.size() <= limit) room_for_ellipsis = result.size();
    text.remove_prefix(character.size());
  }
  return result;
}

std::string printable_line(std::string_view text) {
  constexpr std::size_t kLongest = 8192;
  return printable(text, kLongest, Quotes::kKept);
}

std::string printable_json(std::string_view json) {
  std::string result;
  result.reserve(json.size());
  while (!json.empty()) {
    const auto character = json.substr(0, std::max<std::size_t>(utf8_length(json), 1));
    // JSON's own white space, and C0 controls are escaped in strings already.
    const bool plain = static_cast<std::uint8_t>(character[0]) < 0x7F || !is_control(character);
    if (plain) {
      result += character;
    } else {
      const std::uint32_t value = code_point(character);
      result += "\\u";
      for (unsigned shift = 16; shift > 0; shift -= 4)
        result += kHex[(value >> (shift - 4)) & 0xFU];
    }
    json.remove_prefix(character.size());
  }
  return result;
}

std::optional<bool> parse_boolean(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kTrue = {"1", "yes", "y", "true", "t", "on"};
  static constexpr std::array<std::string_view, 6> kFalse = {"0", "no", "n", "false", "f", "off"};
  const std::string word = lower(text);
  if (std::find(kTrue.begin(), kTrue.end(), word) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), word) != kFalse.end()) return false;
  return std::nullopt;
}

std::string unescape_octal(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  while (!text.empty()) {
    if (text.front() == '\\' && text.size() > 3 && is_octal(text[1]) && is_octal(text[2]) &&
        is_octal(text[3])) {
      plain += static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
      text.remove_prefix(4);
    } else {
      plain += text.front();
      text.remove_prefix(1);
    }
  }
  return plain;
}

}  // namespace azl
