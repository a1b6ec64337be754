// The machine's network links, their addresses and routes as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "net/mac.h"

namespace azl::net {

/// Values of Link::type, from linux/if_arp.h.
inline constexpr int kEthernetType = 1;
inline constexpr int kInfinibandType = 32;
inline constexpr int kLoopbackType = 772;

/// One link as the kernel shows it. Source: RTM_GETLINK and /sys/class/net/NAME/device/driver.
struct Link {
  int index = 0;                   ///< ifindex, > 0
  std::string name = {};           ///< for messages only; never matched on
  MacAddress mac{};                ///< all zero if it has none, or not an Ethernet one
  std::string driver = {};         ///< e.g. "hv_netvsc"; empty for a virtual link
  std::optional<int> master = {};  ///< ifindex of the link that enslaves it
  int type = kEthernetType;        ///< ARPHRD_*
  bool up = false;                 ///< IFF_UP
  bool carrier = false;            ///< IFF_LOWER_UP
  bool slave = false;              ///< IFF_SLAVE
  /// How often it lost its carrier. Only rtnetlink tells.
  std::uint32_t carrier_downs = 0;
};

/// Returns the link with this ifindex, or nullptr.
[[nodiscard]] const Link* find_link(std::span<const Link> links, int index);

/// Whether a driver can have this name: 1 to 64 letters, digits, '-' and '_'.
[[nodiscard]] bool is_driver_name(std::string_view name);
/// Whether the kernel accepts this name for a link (dev_valid_name). Such a name is a single
/// component of a path, so it cannot lead out of /sys/class/net.
[[nodiscard]] bool is_link_name(std::string_view name);

/// Reads the links from /sys/class/net of `root`. Uses no netlink, so it works for the helper of
/// the udev rule, in a fake tree and for `--sysfs DIR`. Skips a link that goes away meanwhile.
/// Errors: kIo.
[[nodiscard]] Result<std::vector<Link>> read_sysfs_links(const Root& root);

/// An IPv4 address of a link. Source: RTM_GETADDR.
struct Address {
  int link;              ///< ifindex
  std::uint32_t ip;      ///< host byte order
  int prefix;            ///< 0..32
  bool dynamic = false;  ///< has a limited lifetime, as an address from DHCP has
};

/// An IPv6 address of a link. It is only shown; no decision depends on it. Source: RTM_GETADDR.
struct Ipv6Address {
  int link;          ///< ifindex
  std::string text;  ///< "fe80::1"
  int prefix;        ///< 0..128
};

/// An IPv4 unicast route of the main table. Source: RTM_GETROUTE.
struct Route {
  int link;                  ///< ifindex
  std::uint32_t to;          ///< host byte order
  int prefix;                ///< 0: default route
  bool dhcp = false;         ///< RTPROT_DHCP
  std::uint32_t source = 0;  ///< preferred source; 0: none
  std::uint32_t metric = 0;  ///< the kernel prefers the smaller one
};

/// Drivers whose links count as synthetic, in addition to hv_netvsc: [Network] SyntheticDrivers=.
using SyntheticDrivers = std::vector<std::string>;

/// The kernel's links, addresses and routes, and the drivers by which the links get their roles.
struct NetworkState {
  std::vector<Link> links;
  std::vector<Address> addresses;
  std::vector<Ipv6Address> ipv6_addresses;
  std::vector<Route> routes;
  SyntheticDrivers synthetic_drivers = {};
};

}  // namespace azl::net
