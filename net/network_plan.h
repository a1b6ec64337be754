// Which .network files a VM's NICs need, and why: decided from plain data, like all of the plan.
//
// systemd-networkd reads the files. They equal what units/99-azl-provision-default.network says
// wherever that is enough, so that a VM with one NIC has none and is never reconfigured.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/link.h"
#include "net/listed_address.h"

namespace azl::net {

/// One network.interface[] of IMDS. The first address of each family is what DHCP brings.
struct ListedInterface {
  MacAddress mac{};
  std::vector<ListedAddress> ipv4 = {};
  std::vector<ListedAddress> ipv6 = {};
};

/// The place of each NIC, from which its metric and its routing table follow: 0 is the primary, and
/// the others keep theirs from boot to boot, whichever come or go.
using Places = std::map<MacAddress, int>;
/// 100 * (place + 1), as in cloud-init: the metric of its routes, and the number of its table.
[[nodiscard]] constexpr int metric_of(int place) { return 100 * (place + 1); }

/// What the plan rests on.
struct NetworkFacts {
  std::vector<Link> links = {};
  std::vector<Role> roles = {};            ///< of links, in their order
  std::optional<MacAddress> primary = {};  ///< the link that leads to the platform, if known
  std::optional<std::vector<ListedInterface>> listed = {};  ///< empty: IMDS never said
  Places places = {};                                       ///< remembered from earlier boots
};

/// azl-provision.conf(5), [Network].
struct NetworkOptions {
  enum class Manage { kAll, kPrimary, kNone };
  enum class Where { kEtc, kRun };
  Manage manage = Manage::kAll;
  Where files = Where::kEtc;
  bool secondary_addresses = true;
  bool policy_routing = true;
  bool use_dns = true;
  int mtu = 0;                          ///< bytes, 68..65535; 0: as it is
  std::vector<std::string> match = {};  ///< further lines of [Match]: "Virtualization=microsoft"
};

struct NetworkFile {
  MacAddress mac{};
  std::string path;  ///< below /etc/systemd/network or /run/systemd/network
  std::string content;
  std::string why;  ///< a sentence
};

struct NetworkPlan {
  std::vector<NetworkFile> files = {};  ///< in the order of the NICs' places
  std::vector<std::string> notes = {};  ///< what is odd, a sentence each
  Places places = {};                   ///< to be remembered
  std::size_t nics = 0;                 ///< how many there are to be configured
  /// Why nothing is decided, as a sentence: then no file is to be written, nor one to be removed.
  std::string undecided = {};
};

/// Decides. Pure; the same whatever the order of the links and of IMDS's list.
[[nodiscard]] NetworkPlan plan_network(const NetworkFacts& facts, const NetworkOptions& options);

/// Where .network files lie: "/etc/systemd/network" or "/run/systemd/network".
[[nodiscard]] std::string_view network_directory(NetworkOptions::Where where);
/// "50-azl-provision-000d3a123456.network"
[[nodiscard]] std::string network_file_name(const MacAddress& mac);
/// The MAC in such a name; empty for any other name.
[[nodiscard]] std::optional<MacAddress> mac_of_network_file(std::string_view name);
/// Whether a file was written by this program, by its first line: any other is somebody else's.
[[nodiscard]] bool is_our_network_file(std::string_view content);

}  // namespace azl::net
