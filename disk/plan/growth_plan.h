// Whether the OS disk's last partition and file system grow. Pure.
#pragma once

#include "disk/block_device.h"
#include "disk/plan/disk_action.h"
#include "disk/plan/disk_plan.h"

namespace azl::disk {

/// Decides for one OS disk: Grow or Leave.
[[nodiscard]] DiskAction plan_growth(const Disk& disk, const DiskFacts& facts);

}  // namespace azl::disk
