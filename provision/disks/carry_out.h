// Carries out what was decided for the disks. Between deciding and writing a device is opened for
// this program alone and looked at again: one that has changed is left.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "disk/block_device.h"
#include "disk/plan/disk_plan.h"
#include "provision/disks/look.h"

namespace azl::provision {

/// How long others may hold a disk's lock: udev, which looks at it.
inline constexpr Duration kDiskLockTime = std::chrono::minutes(1);

/// Adds a decision to the record of its disk; of an array, which is in no list before it is made,
/// to one of its own.
void record_decision(DiskRun& run, const disk::DiskAction& action);

/// Opens a disk for this program alone, and makes sure that it is what was decided on. Errors:
/// kDisk: it is in use by now, or what is on it has changed; kIo.
[[nodiscard]] Result<UniqueFd> open_unchanged(const Root& root, const disk::Disk& decided);

}  // namespace azl::provision
