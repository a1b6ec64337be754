// systemd-networkd's lease files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/root.h"

namespace azl::net {

/// "10.0.0.4". `ip` in host byte order.
[[nodiscard]] std::string dotted_quad(std::uint32_t ip);

/// What provisioning reads of a lease.
struct Lease {
  std::string address;  ///< ADDRESS=, dotted quad; empty: none
  std::string server;   ///< SERVER_ADDRESS=, dotted quad; empty: none
  /// OPTION_245= as a dotted quad; only if it is 8 hex digits (as networkd writes 4 bytes) and
  /// could be a host: not in 0/8, loopback, multicast, reserved or broadcast.
  std::optional<std::string> wireserver;
};

/// Parses any bytes: KEY=VALUE lines, of which the last one of a key counts, as for systemd;
/// unknown keys and bad values are ignored.
[[nodiscard]] Lease parse_lease(std::string_view text);
/// /run/systemd/netif/leases/INDEX; empty when there is none, or none that can be read: a lease
/// file only tells more of what the kernel's addresses and routes already say.
[[nodiscard]] std::optional<Lease> read_lease(const Root& root, int link);

}  // namespace azl::net
