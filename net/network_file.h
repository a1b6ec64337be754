// The .network file of one NIC: its name, its settings and why it exists. systemd-networkd reads
// it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/link.h"
#include "net/listed_address.h"
#include "net/mac.h"

namespace azl::net {

/// azl-provision.conf(5), [Network].
struct NetworkOptions {
  enum class Manage { kAll, kPrimary, kNone };
  enum class Where { kEtc, kRun };
  Manage manage = Manage::kAll;
  Where files = Where::kEtc;
  bool secondary_addresses = true;
  bool policy_routing = true;
  bool use_dns = true;
  int mtu = 0;                          ///< bytes, 68..65535; 0: leave it unchanged
  std::vector<std::string> match = {};  ///< more lines of [Match]: "Virtualization=microsoft"

  bool operator==(const NetworkOptions&) const = default;
};

/// Returns the metric of a NIC's routes and the number of its routing table: 100 * (place + 1), as
/// in cloud-init. The primary has place 0.
[[nodiscard]] constexpr int metric_of(int place) { return 100 * (place + 1); }

/// A NIC and the addresses that it gets. The pointers are the caller's.
struct Nic {
  const Link* link;
  int place = 0;
  std::vector<const ListedAddress*> ipv4 = {};  ///< DHCP brings the first one
  std::vector<const ListedAddress*> ipv6 = {};  ///< DHCPv6 brings the first one

  [[nodiscard]] bool primary() const { return place == 0; }
};

struct NetworkFile {
  MacAddress mac{};
  std::string path;  ///< below /etc/systemd/network or /run/systemd/network
  std::string content;
  std::string why;  ///< a sentence
};

/// Whether the NIC needs a file of its own: the primary does only if the default file,
/// units/99-azl-provision-default.network, does not give it all its settings. So a VM with one NIC
/// usually has no file and its NIC is never reconfigured. Pure.
[[nodiscard]] bool needs_network_file(const Nic& nic, const NetworkOptions& options);
/// Renders the file. Where the default file is enough, the settings are the same. Pure.
[[nodiscard]] NetworkFile render_network_file(const Nic& nic, const NetworkOptions& options);

/// Returns where .network files are: "/etc/systemd/network" or "/run/systemd/network".
[[nodiscard]] std::string_view network_directory(NetworkOptions::Where where);
/// "50-azl-provision-000d3a123456.network"
[[nodiscard]] std::string network_file_name(const MacAddress& mac);
/// Returns the MAC in a name that network_file_name() makes, or nullopt for any other name.
[[nodiscard]] std::optional<MacAddress> mac_of_network_file(std::string_view name);
/// Whether this program wrote the file, according to its first line.
[[nodiscard]] bool is_our_network_file(std::string_view content);

}  // namespace azl::net
