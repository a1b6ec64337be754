// Grows the OS disk.
#pragma once

#include <string>

#include "base/error.h"
#include "disk/plan/disk_plan.h"
#include "provision/step/context.h"

namespace azl::provision {

/// Grows the disk's last partition and the file system on it, and saves the disk's size in the
/// history. `device`: of the partition. Errors: kDisk (the disk has changed), kIo, kToolFailed,
/// kTimeout.
[[nodiscard]] Result<void> grow_disk(const Context& context, const disk::Disk& disk,
                                     const std::string& device, const disk::act::Grow& grow,
                                     disk::DiskHistory& history);

}  // namespace azl::provision
