#include "base/ascii.h"

#include <cstdint>

namespace azl {

std::string to_ascii(std::string_view text) {
  constexpr std::string_view kEllipsis = "…";
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result;
  while (!text.empty()) {
    if (text.starts_with(kEllipsis)) {
      result += "...";
      text.remove_prefix(kEllipsis.size());
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(text.front());
    if (byte < 0x80) {
      result += text.front();
    } else {
      result += "\\x";
      result += kHex[byte >> 4U];
      result += kHex[byte & 0x0FU];
    }
    text.remove_prefix(1);
  }
  return result;
}

}  // namespace azl
