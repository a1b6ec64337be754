// Which NICs of a VM need a .network file, and with which settings.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/link.h"
#include "net/link_role.h"
#include "net/listed_address.h"
#include "net/mac.h"
#include "net/network_file.h"

namespace azl::net {

/// One element of network.interface[] of IMDS. DHCP brings the first address of each family.
struct ListedInterface {
  MacAddress mac{};
  std::vector<ListedAddress> ipv4 = {};
  std::vector<ListedAddress> ipv6 = {};
};

/// The place of each NIC, which decides its metric and its routing table. The primary has place 0.
/// The others keep theirs from boot to boot, also when NICs are added or removed.
using Places = std::map<MacAddress, int>;

/// The input of plan_network().
struct NetworkFacts {
  std::vector<Link> links = {};
  std::vector<Role> roles = {};            ///< of links, in their order
  std::optional<MacAddress> primary = {};  ///< the link that leads to the platform, if known
  std::optional<std::vector<ListedInterface>> listed = {};  ///< nullopt: IMDS has not listed any
  Places places = {};                                       ///< remembered from earlier boots
};

struct NetworkPlan {
  std::vector<NetworkFile> files = {};  ///< in the order of the NICs' places
  std::vector<std::string> notes = {};  ///< inconsistencies, a sentence each
  Places places = {};                   ///< to remember for later boots
  std::size_t nics = 0;                 ///< number of NICs to configure
  /// A sentence if no decision is possible. Then no file may be written or removed.
  std::string undecided = {};
};

/// Decides which files the NICs need. The order of the links and of IMDS's list does not matter.
/// Pure.
[[nodiscard]] NetworkPlan plan_network(const NetworkFacts& facts, const NetworkOptions& options);

}  // namespace azl::net
