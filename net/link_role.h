// The part that each link plays on an Azure VM.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "net/link.h"

namespace azl::net {

enum class Role { kSynthetic, kVirtualFunction, kStandalone, kInfiniband, kOther };
/// The word for a role in the plan, the report and the udev property AZL_LINK_ROLE=: "synthetic",
/// "vf", "standalone", "infiniband", "other".
[[nodiscard]] std::string_view to_string(Role role);

/// Gives each link its role, in the order of `links`.
/// - Synthetic: an Ethernet link whose driver is hv_netvsc or one of `synthetic_drivers`.
/// - Virtual function (VF): a link whose master is synthetic, or that shares its MAC with a
///   synthetic link; the MAC identifies a VF before the kernel enslaves it. A link with IFF_SLAVE
///   and the driver of a VF is one too if its master is not among `links`.
/// - Standalone: any other Ethernet link with a driver (mana, mlx5_core, virtio_net under QEMU).
/// - Other: an Ethernet link without a driver, and every other type but InfiniBand.
[[nodiscard]] std::vector<Role> roles(std::span<const Link> links,
                                      const SyntheticDrivers& synthetic_drivers);
/// Returns why links[which] has its role, as a sentence.
[[nodiscard]] std::string describe_role(std::span<const Link> links, std::size_t which,
                                        const SyntheticDrivers& synthetic_drivers);

/// Returns the role of the link `name` according to read_sysfs_links(). The udev rule gets it as
/// the output of `azl-provision link-role`. Errors: kInvalidInput if there is no such link; kIo.
[[nodiscard]] Result<Role> read_role(const Root& root, std::string_view name,
                                     const SyntheticDrivers& synthetic_drivers);

}  // namespace azl::net
