// OpenPGP keys in documents.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace azl::provision::custom_data {

/// Reads public keys, as apt needs them: the packets of the keys. Takes ASCII armour, with text
/// around it and several blocks, base64 without armour, and the packets themselves. Checks the
/// checksum of armour, and that the first packet is a public key. Returns a reason otherwise, such
/// as "is no public key of OpenPGP", without anything of the text. Source: RFC 9580, sections 4
/// and 6.
[[nodiscard]] std::expected<std::string, std::string_view> read_openpgp_key(std::string_view text);

}  // namespace azl::provision::custom_data
