// Remembers the network between boots, in /var/lib/azl-provision/network.json. So a later boot can
// write its files without IMDS, and a NIC keeps its metric and its routing table.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "net/mac.h"
#include "net/network_plan.h"

namespace azl::provision {

inline constexpr std::string_view kNetworkFile = "/var/lib/azl-provision/network.json";

/// What is remembered. Nothing is if vm_id is empty.
struct KnownNetwork {
  std::string vm_id;
  std::optional<std::vector<net::ListedInterface>> listed;  ///< by IMDS; nullopt: it never answered
  std::set<net::MacAddress> answered_for;  ///< NICs present when IMDS last answered
  net::Places places;
};

/// Parses the file. Accepts as much as an IMDS document may hold: 256 interfaces, 4,096 addresses,
/// 1,024 places from 0 to 9,999. Errors: kState, also if a single value is invalid. Pure; accepts
/// any bytes.
[[nodiscard]] Result<KnownNetwork> parse_known_network(std::string_view json);
[[nodiscard]] std::string to_json(const KnownNetwork& known);

/// Reads what is remembered of this VM. Returns a default KnownNetwork if the file is missing or
/// belongs to another VM. Errors: kState, kIo.
[[nodiscard]] Result<KnownNetwork> load_known_network(const Root& root, std::string_view vm_id);
/// Writes the file atomically (0644) if it differs. Errors: kDiskFull, kReadOnly, kIo.
[[nodiscard]] Result<void> save_known_network(const Root& root, const KnownNetwork& known);

}  // namespace azl::provision
