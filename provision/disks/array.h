// The striped array of all local disks.
#pragma once

#include "base/error.h"
#include "disk/block_device.h"
#include "disk/plan/disk_plan.h"
#include "provision/step/context.h"

namespace azl::provision {

/// Makes the array, or starts the one of an earlier boot, and reads what is on it. Members are
/// checked again before the first write. Errors: kDisk (a member has changed or is in use), kIo,
/// kToolFailed, kTimeout.
[[nodiscard]] Result<disk::Disk> bring_up_array(const Context& context,
                                                const disk::act::Stripe& stripe,
                                                disk::DiskFacts& facts);

}  // namespace azl::provision
