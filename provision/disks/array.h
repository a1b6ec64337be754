// The array of all local disks: made, or started, and looked at.
#pragma once

#include "disk/block_device.h"
#include "disk/plan/disk_plan.h"
#include "provision/disks/look.h"

namespace azl::provision {

/// Carries out a kStripe: makes the array or starts the one of an earlier boot, and tells what is
/// on it. Its members are looked at again before the first write. Errors: kDisk (a member has
/// changed or is in use), kIo, kToolFailed, kTimeout.
[[nodiscard]] Result<disk::Disk> bring_up_array(DiskRun& run, const disk::DiskAction& action);

}  // namespace azl::provision
