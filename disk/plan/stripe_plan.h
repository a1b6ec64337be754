// What happens to the local disks that are to become one striped array. Pure.
#pragma once

#include <string>
#include <vector>

#include "disk/block_device.h"
#include "disk/plan/disk_action.h"
#include "disk/plan/disk_plan.h"

namespace azl::disk {

/// Decides: one Stripe of all disks, or a Leave for each. The content of the array is plan_array's
/// part. `disks`: the local ones, two or more, in their order. `point`: the array's mount point.
[[nodiscard]] std::vector<DiskAction> plan_stripe(const std::vector<const Disk*>& disks,
                                                  const DiskFacts& facts, const std::string& point);

}  // namespace azl::disk
