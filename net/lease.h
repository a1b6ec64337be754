// systemd-networkd's lease files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/root.h"

namespace azl::net {

/// "10.0.0.4". `ip` is in host byte order.
[[nodiscard]] std::string dotted_quad(std::uint32_t ip);

/// The parts of a lease that provisioning uses.
struct Lease {
  std::string address;  ///< ADDRESS=, dotted quad; empty: none
  std::string server;   ///< SERVER_ADDRESS=, dotted quad; empty: none
  /// OPTION_245= as a dotted quad. nullopt unless it is 8 hex digits, as networkd writes 4 bytes,
  /// and the address of a host: not in 0/8, loopback, multicast, reserved or broadcast.
  std::optional<std::string> wireserver;
};

/// Parses lines of KEY=VALUE. The last line of a key counts, as in systemd. Ignores unknown keys
/// and invalid values. Accepts any bytes.
[[nodiscard]] Lease parse_lease(std::string_view text);
/// Reads /run/systemd/netif/leases/INDEX; `link` is the ifindex. Returns nullopt if the file is
/// missing or unreadable, which is no error: it only adds to the kernel's addresses and routes.
[[nodiscard]] std::optional<Lease> read_lease(const Root& root, int link);

}  // namespace azl::net
