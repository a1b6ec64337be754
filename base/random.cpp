#include "base/random.h"

#include <array>

#include <sys/random.h>

namespace azl {

std::string random_hex() {
  std::array<unsigned char, 8> bytes{};
  // The kernel fills a request of at most 256 bytes as a whole. It fails only where there is no
  // such call; the zeros are then as good as any other name.
  [[maybe_unused]] const auto filled = getrandom(bytes.data(), bytes.size(), 0);
  std::string text;
  for (const unsigned char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

}  // namespace azl
