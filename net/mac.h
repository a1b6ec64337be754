// Hardware addresses of Ethernet links.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace azl::net {

/// All zero if a link has no hardware address or not an Ethernet one.
using MacAddress = std::array<std::uint8_t, 6>;

/// "00:0d:3a:12:34:56"
[[nodiscard]] std::string to_string(const MacAddress& mac);
/// Parses "00:0d:3A:12:34:56". Returns nullopt for any other text, also for the 20 bytes of an
/// InfiniBand address.
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text);

}  // namespace azl::net
