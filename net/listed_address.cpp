#include "net/listed_address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include <arpa/inet.h>

#include "base/text.h"

namespace azl::net {

namespace {

/// An IPv4 or IPv6 address in network byte order.
struct Parsed {
  std::array<std::uint8_t, 16> bytes{};
  bool ipv6 = false;
};

std::optional<Parsed> parse_ip(const std::string& text) {
  Parsed parsed;
  // inet_pton would ignore what follows a NUL.
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET, text.c_str(), parsed.bytes.data()) == 1) return parsed;
  parsed.ipv6 = true;
  if (inet_pton(AF_INET6, text.c_str(), parsed.bytes.data()) == 1) return parsed;
  return std::nullopt;
}

/// Whether a NIC can have the address and other hosts can reach it.
bool is_usable(const Parsed& ip) {
  const auto& b = ip.bytes;
  if (!ip.ipv6) {
    const bool link_local = b[0] == 169 && b[1] == 254;
    return b[0] != 0 && b[0] != 127 && b[0] < 224 && !link_local;
  }
  const bool link_local = b[0] == 0xFE && (b[1] & 0xC0U) == 0x80;
  // ::/64 holds ::, ::1 and the IPv4-mapped addresses, and no address of a NIC.
  const bool special = std::all_of(b.begin(), b.begin() + 8, [](auto byte) { return byte == 0; });
  return !link_local && !special && b[0] != 0xFF;
}

std::string canonical(const Parsed& ip) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(ip.ipv6 ? AF_INET6 : AF_INET, ip.bytes.data(), text.data(), text.size());
  return text.data();
}

}  // namespace

Result<ListedAddress> parse_listed_address(std::string_view text) {
  const auto slash = text.find('/');
  const auto ip = parse_ip(std::string(text.substr(0, slash)));
  if (!ip) return fail(Reason::kInvalidInput, "'" + printable(text) + "' is not an IP address");
  if (!is_usable(*ip)) {
    return fail(Reason::kInvalidInput,
                "'" + printable(text) + "' is not an address that a NIC can have");
  }
  const auto digits = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  int prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size() || prefix < 1 ||
      prefix > (ip->ipv6 ? 128 : 32)) {
    return fail(Reason::kInvalidInput, "'" + printable(text) + "' has no valid prefix length");
  }
  return ListedAddress{.text = canonical(*ip), .prefix = prefix, .ipv6 = ip->ipv6};
}

}  // namespace azl::net
