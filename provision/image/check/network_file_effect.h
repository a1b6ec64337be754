// What a .network file does for the NIC of an Azure VM. Pure.
#pragma once

#include <span>
#include <string>

#include "provision/image/check/image_facts.h"

namespace azl::provision {

struct NetworkFileEffect {
  bool matches = false;  ///< [Match] surely matches the synthetic NIC of a VM
  /// Why the link gets no lease, or not its routes, as a sentence; empty: it gets them.
  std::string obstacle = {};
  FileLine line = {};  ///< of the obstacle; line 0: a setting is missing
};

/// Judges a file with its drop-ins for the link eth0 of driver hv_netvsc. A condition that depends
/// on the VM, such as MACAddress=, does not match. `has_roles`: udev's rules set AZL_LINK_DHCP and
/// AZL_LINK_ROLE.
[[nodiscard]] NetworkFileEffect judge_network_file(std::span<const TextFile> parts, bool has_roles);

}  // namespace azl::provision
