#include "provision/custom_data/parse/text_encoding.h"

#include <algorithm>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

bool is_ascii_text(char c) {
  return (c >= ' ' && c <= '~') || kWhiteSpace.find(c) != std::string_view::npos;
}

}  // namespace

std::string_view skip_byte_order_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

std::string_view skip_leading_space(std::string_view text) {
  text = skip_byte_order_mark(text);
  text.remove_prefix(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
  return text;
}

bool is_utf16(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return true;
  if (bytes.size() < 4) return false;
  const bool little = bytes[1] == '\0' && bytes[3] == '\0';
  const bool big = bytes[0] == '\0' && bytes[2] == '\0';
  return (little && is_ascii_text(bytes[0]) && is_ascii_text(bytes[2])) ||
         (big && is_ascii_text(bytes[1]) && is_ascii_text(bytes[3]));
}

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace azl::provision::custom_data
