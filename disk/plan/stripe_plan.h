// What becomes of the local disks where they are to be one striped array. Pure.
#pragma once

#include <string>
#include <vector>

#include "disk/block_device.h"
#include "disk/plan/disk_plan.h"

namespace azl::disk {

/// One kStripe of all the disks, to be mounted at `point`; or a kLeave for each. The array's own
/// part is plan_array's. `disks`: the local ones, two or more, in their order.
[[nodiscard]] std::vector<DiskAction> plan_stripe(const std::vector<const Disk*>& disks,
                                                  const DiskFacts& facts, const std::string& point);

}  // namespace azl::disk
