// What happens to the data disks that the configuration or custom data names. Pure.
#pragma once

#include <vector>

#include "disk/block_device.h"
#include "disk/disk_facts.h"
#include "disk/disk_options.h"
#include "disk/plan/disk_action.h"
#include "disk/plan/disk_use.h"

namespace azl::disk {

/// Decides for all data disks, and for what is asked of disks that the VM does not have. `disks`:
/// the data disks, in their order.
[[nodiscard]] std::vector<DiskAction> plan_data(const std::vector<const Disk*>& disks,
                                                const DiskFacts& facts, const DiskOptions& options,
                                                TakenPoints& taken);

}  // namespace azl::disk
