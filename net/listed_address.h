// An address with its prefix length, as IMDS lists it and as /var/lib/azl-provision/network.json
// holds it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::net {

/// One address of an interface, as IMDS lists it.
struct ListedAddress {
  std::string text;  ///< "10.0.0.5", "fd00::5", as inet_ntop writes it
  int prefix;        ///< of its subnet: 1..32 or 1..128
  bool ipv6 = false;
};

/// Parses "10.0.0.5/24". Errors: kInvalidInput for any other text, and for an address that no NIC
/// can have: unspecified, loopback, link-local, multicast, broadcast.
[[nodiscard]] Result<ListedAddress> parse_listed_address(std::string_view text);

}  // namespace azl::net
