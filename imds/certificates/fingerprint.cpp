#include "imds/certificates/fingerprint.h"

#include <array>
#include <cstddef>

#include <openssl/evp.h>

#include "base/text.h"

namespace azl::imds {
namespace {

constexpr std::size_t kDigits = 40;
constexpr std::string_view kHex = "0123456789ABCDEF";

}  // namespace

std::string fingerprint_of(std::string_view der) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(der.data(), der.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return {};
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kHex[digest[i] >> 4U];
    text += kHex[digest[i] & 0xFU];
  }
  return text;
}

std::optional<std::string> parse_fingerprint(std::string_view text) {
  std::string digits;
  for (char c : trim(text)) {
    if (c == ':') continue;
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    if (kHex.find(c) == std::string_view::npos || digits.size() == kDigits) return std::nullopt;
    digits += c;
  }
  if (digits.size() != kDigits) return std::nullopt;
  return digits;
}

}  // namespace azl::imds
