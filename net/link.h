// What a network link is on Azure, how the links of a machine pair up, and which one leads to the
// platform. All of it is decided from plain data; net/rtnetlink.h gathers that data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::net {

/// A hardware address of Ethernet; all zero where the link has none.
using MacAddress = std::array<std::uint8_t, 6>;
/// "00:0d:3a:12:34:56"
[[nodiscard]] std::string to_string(const MacAddress& mac);
/// Reads "00:0d:3A:12:34:56"; empty for anything else, InfiniBand's 20 bytes included.
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text);

/// Whether a driver can have this name: letters, digits, '-' and '_', 64 at most.
[[nodiscard]] bool is_driver_name(std::string_view name);
/// Whether the kernel takes this name for a link (dev_valid_name): such a one can't lead out of
/// /sys/class/net.
[[nodiscard]] bool is_link_name(std::string_view name);

/// The part a link plays on an Azure VM.
enum class Role { kSynthetic, kVirtualFunction, kStandalone, kInfiniband, kOther };
/// As in the plan, the report and the udev property AZL_LINK_ROLE=: synthetic, vf, standalone,
/// infiniband, other.
[[nodiscard]] std::string_view to_string(Role role);

/// One link as the kernel shows it. Source: RTM_GETLINK and /sys/class/net/NAME/device/driver.
struct Link {
  int index = 0;            ///< ifindex, > 0
  std::string name = {};    ///< for messages only; never matched on
  MacAddress mac{};         ///< all zero where the link has none, or one that is no Ethernet's
  std::string driver = {};  ///< e.g. "hv_netvsc"; empty for a virtual link
  std::optional<int> master = {};  ///< ifindex of the link that enslaves it
  int type = 1;                    ///< ARPHRD_*: 1 Ethernet, 32 InfiniBand, 772 loopback
  bool up = false;                 ///< IFF_UP
  bool carrier = false;            ///< IFF_LOWER_UP
  bool slave = false;              ///< IFF_SLAVE
};

/// Drivers whose links count as Azure's synthetic ones, beside hv_netvsc: [Network]
/// SyntheticDrivers=.
using SyntheticDrivers = std::vector<std::string>;

/// Gives each link its role. A VF is known by its master, or by the MAC that it shares with a
/// synthetic link, so it is recognised before the kernel enslaves it; and by IFF_SLAVE where a VF's
/// driver has it and its master is not to be seen. A physical Ethernet link without a synthetic of
/// its MAC (mana, mlx5, virtio under QEMU) is standalone; one without a driver is kOther.
[[nodiscard]] std::vector<Role> roles(std::span<const Link> links,
                                      const SyntheticDrivers& more = {});
/// Why links[which] has its role, as a sentence.
[[nodiscard]] std::string role_reason(std::span<const Link> links, std::size_t which,
                                      const SyntheticDrivers& more = {});

/// The links as /sys/class/net of `root` shows them: no netlink, so that it works for a udev rule's
/// helper, in a fake tree and for `--sysfs DIR`. A link that goes away meanwhile is left out.
/// Errors: kIo.
[[nodiscard]] Result<std::vector<Link>> read_sysfs_links(const Root& root);
/// The role of the link that the kernel calls `name` now, by read_sysfs_links: what
/// `azl-provision link-role` answers to the udev rule. Errors: kInvalidInput when there is no such
/// link, kIo.
[[nodiscard]] Result<Role> role_of(const Root& root, std::string_view name,
                                   const SyntheticDrivers& more = {});

/// An IPv4 address of a link. Source: RTM_GETADDR.
struct Address {
  int link;              ///< ifindex
  std::uint32_t ip;      ///< host byte order
  int prefix;            ///< 0..32
  bool dynamic = false;  ///< has a limited lifetime: from DHCP
};

/// An IPv6 address of a link, for people: nothing is decided by it. Source: RTM_GETADDR.
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
  std::uint32_t source = 0;  ///< preferred source, 0: none
  std::uint32_t metric = 0;  ///< the kernel prefers the smaller one
};

/// The kernel's state, as far as the search for the primary needs it.
struct NetworkState {
  std::vector<Link> links;
  std::vector<Address> addresses;
  std::vector<Ipv6Address> ipv6_addresses;
  std::vector<Route> routes;
  SyntheticDrivers synthetic_drivers = {};  ///< as for roles()
};

/// The link that leads to the platform.
struct Primary {
  int link;         ///< ifindex
  bool certain;     ///< nothing that may still come would change the answer
  std::string why;  ///< as a sentence
};

/// Finds the primary, best evidence first:
/// 1. a DHCP route to 169.254.169.254/32: certain;
/// 2. a DHCP route to 168.63.129.16/32: certain only where this link is the only one that could
///    bring DHCP. That address is Azure's DNS server too, and systemd-networkd gives each link a
///    route to the DNS servers of its lease (RoutesToDNS=, systemd.network(5));
/// 3. a DHCP default route: certain in the same case;
/// 4. a default route that somebody set by hand (an image with a static address): never certain,
///    since DHCP may still bring a better one.
/// Among equals the smaller metric wins, as in the kernel. What never counts: a VF, InfiniBand or
/// loopback; a host route by hand, which an image may carry for a link that leads nowhere; a route
/// by 169.254/16 link-local addressing (its source, or all addresses of its link, are in there),
/// which seems to lead to IMDS and does not.
[[nodiscard]] std::optional<Primary> find_primary(const NetworkState& state);
/// How many links could bring a DHCP lease: the synthetic and the standalone ones.
[[nodiscard]] std::size_t count_dhcp_links(std::span<const Link> links,
                                           const SyntheticDrivers& more = {});

}  // namespace azl::net
