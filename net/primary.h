// Which link leads to the Azure platform: IMDS and the WireServer.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "net/link.h"

namespace azl::net {

/// The link that leads to the platform.
struct Primary {
  int link;         ///< ifindex
  bool certain;     ///< no later change of the network can give another answer
  std::string why;  ///< a sentence
};

/// Finds the primary. Uses the first of these that exists:
/// 1. A DHCP route to 169.254.169.254/32. It is certain.
/// 2. A DHCP route to 168.63.129.16/32. It is certain only if no other link could bring a lease:
///    that address is also Azure's DNS server, and systemd-networkd gives every link a route to the
///    DNS servers of its lease (RoutesToDNS=, systemd.network(5)).
/// 3. A DHCP default route. It is certain under the same condition.
/// 4. A default route that is not from DHCP (an image with a static address). It is never certain,
///    since DHCP may still bring a better one.
/// Among routes of one kind the smallest metric wins, as in the kernel.
///
/// These never count:
/// - a route over a VF, an InfiniBand or a loopback link;
/// - a host route that is not from DHCP, since an image may carry one for a link that leads
/// nowhere;
/// - a route whose source, or whose link's every address, is in 169.254/16: link-local addressing
///   makes it look like a route to IMDS.
[[nodiscard]] std::optional<Primary> find_primary(const NetworkState& state);

/// Counts the links that could bring a DHCP lease: the synthetic and the standalone ones.
[[nodiscard]] std::size_t count_dhcp_links(std::span<const Link> links,
                                           const SyntheticDrivers& synthetic_drivers);

}  // namespace azl::net
