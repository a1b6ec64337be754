#include "provision/accounts/key_size.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace azl::provision {

namespace {

/// Reads a `string` of RFC 4251, section 5: a length in 4 bytes, big endian, then that many bytes.
std::optional<std::string_view> take_string(std::string_view& blob) {
  constexpr std::size_t kLength = 4;
  if (blob.size() < kLength) return std::nullopt;
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < kLength; ++i)
    size = (size << 8) | static_cast<unsigned char>(blob[i]);
  if (size > blob.size() - kLength) return std::nullopt;
  const std::string_view value = blob.substr(kLength, size);
  blob.remove_prefix(kLength + size);
  return value;
}

}  // namespace

std::size_t rsa_bits(const SshKey& key) {
  const auto bytes = base64_decode(key.base64);
  if (!bytes) return 0;
  std::string_view blob = *bytes;
  if (take_string(blob) != "ssh-rsa" || !take_string(blob)) return 0;  // type, exponent
  auto modulus = take_string(blob);
  if (!modulus) return 0;
  modulus->remove_prefix(std::min(modulus->find_first_not_of('\0'), modulus->size()));
  if (modulus->empty()) return 0;
  const auto first = static_cast<unsigned char>(modulus->front());
  return modulus->size() * 8 - static_cast<std::size_t>(std::countl_zero(first));
}

}  // namespace azl::provision
