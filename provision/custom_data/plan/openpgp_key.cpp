#include "provision/custom_data/plan/openpgp_key.h"

#include <cstdint>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view kEnd = "-----END PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view kPrivate = "-----BEGIN PGP PRIVATE KEY BLOCK-----";

constexpr std::string_view kNoKey = "is no public key of OpenPGP";
constexpr std::string_view kIncomplete = "is incomplete or damaged";

/// The bytes of a CRC-24. Source: RFC 9580, section 6.1.1.
std::string checksum(std::string_view bytes) {
  std::uint32_t crc = 0xB704CE;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint32_t>(static_cast<unsigned char>(byte)) << 16U;
    for (int bit = 0; bit < 8; ++bit) {
      crc <<= 1U;
      if ((crc & 0x1000000U) != 0) crc ^= 0x1864CFBU;
    }
  }
  return {static_cast<char>(crc >> 16U & 0xFFU), static_cast<char>(crc >> 8U & 0xFFU),
          static_cast<char>(crc & 0xFFU)};
}

/// Whether a packet of the type "public key" begins here.
bool is_public_key(std::string_view packets) {
  if (packets.empty()) return false;
  constexpr unsigned kPublicKey = 6;
  const auto first = static_cast<unsigned char>(packets.front());
  if ((first & 0x80U) == 0) return false;
  const bool new_format = (first & 0x40U) != 0;
  return (new_format ? first & 0x3FU : first >> 2U & 0x0FU) == kPublicKey;
}

/// Decodes what stands between the first and the last line of a block.
std::expected<std::string, std::string_view> decode_block(std::string_view block) {
  std::string base64;
  std::string_view sum;
  for (const auto untrimmed : split(block, '\n')) {
    const auto line = trim(untrimmed);
    // A header, such as "Comment: x".
    if (line.empty() || (base64.empty() && line.contains(':'))) continue;
    if (line.starts_with('='))
      sum = line.substr(1);
    else
      base64 += line;
  }
  auto bytes = base64_decode(base64);
  if (!bytes || bytes->empty()) return std::unexpected(kIncomplete);
  if (!sum.empty() && base64_decode(sum) != checksum(*bytes)) return std::unexpected(kIncomplete);
  return std::move(*bytes);
}

std::expected<std::string, std::string_view> decode_armour(std::string_view text) {
  std::string packets;
  for (auto begin = text.find(kBegin); begin != std::string_view::npos; begin = text.find(kBegin)) {
    text.remove_prefix(begin + kBegin.size());
    const auto end = text.find(kEnd);
    if (end == std::string_view::npos) return std::unexpected(kIncomplete);
    auto block = decode_block(text.substr(0, end));
    if (!block) return block;
    packets += *block;
    text.remove_prefix(end + kEnd.size());
  }
  return packets;
}

}  // namespace

std::expected<std::string, std::string_view> read_openpgp_key(std::string_view text) {
  if (text.contains(kPrivate)) return std::unexpected("is a private key");
  std::string packets;
  if (text.contains(kBegin)) {
    auto decoded = decode_armour(text);
    if (!decoded) return decoded;
    packets = std::move(*decoded);
  } else {
    packets = is_public_key(text) ? std::string(text) : base64_decode(text).value_or("");
  }
  if (!is_public_key(packets)) return std::unexpected(kNoKey);
  return packets;
}

}  // namespace azl::provision::custom_data
