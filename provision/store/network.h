// What is remembered of the network between boots: /var/lib/azl-provision/network.json. With it a
// later boot has its files without asking anybody, and a NIC keeps its metric and routing table.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "net/network_plan.h"

namespace azl::provision {

inline constexpr std::string_view kNetworkFile = "/var/lib/azl-provision/network.json";

/// Empty vm_id: nothing is remembered.
struct KnownNetwork {
  std::string vm_id;
  std::optional<std::vector<net::ListedInterface>> listed;  ///< by IMDS; empty: it never said
  std::set<net::MacAddress> answered_for;  ///< the NICs that were here when IMDS answered last
  net::Places places;
};

/// Pure: any bytes. Bounded like IMDS's own document: 256 interfaces, 4,096 addresses, 1,024 places
/// from 0 to 9,999. Errors: kState, also for a single value that can't be.
[[nodiscard]] Result<KnownNetwork> parse_known_network(std::string_view json);
[[nodiscard]] std::string to_json(const KnownNetwork& known);

/// What is remembered of this VM; nothing, where it is another's. Errors: kState, kIo.
[[nodiscard]] Result<KnownNetwork> load_known_network(const Root& root, std::string_view vm_id);
/// Writes it atomically (0644), if it changed. Errors: kDiskFull, kReadOnly, kIo.
[[nodiscard]] Result<void> save_known_network(const Root& root, const KnownNetwork& known);

}  // namespace azl::provision
