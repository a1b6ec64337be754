#include "provision/custom_data/parse/loose_base64.h"

#include <algorithm>
#include <cstdint>

namespace azl::provision::custom_data {

std::optional<std::string> decode_loose_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);  // so that no part of it stays behind in memory
  std::uint32_t bits = 0;
  int digits = 0;   // of the group
  int padding = 0;  // in a row
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7f; }))
    return {};
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (c == '=' && digits >= 2 && digits + ++padding >= 4) return bytes;
    if (value == std::string_view::npos) continue;
    padding = 0;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (digits > 0) bytes += static_cast<char>(bits >> (6 - 2 * digits) & 0xff);
    digits = (digits + 1) % 4;
  }
  if (digits != 0) return {};
  return bytes;
}

}  // namespace azl::provision::custom_data
