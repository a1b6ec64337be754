// Checks between the decision and the first write that a disk is still what was decided on.
#pragma once

#include <chrono>

#include "base/error.h"
#include "base/fd.h"
#include "disk/block_device.h"
#include "provision/step/context.h"

namespace azl::provision {

/// How long another program, which is udev as a rule, may hold the lock of a disk.
inline constexpr Duration kDiskLockTime = std::chrono::minutes(1);

/// Checks that an open disk is the one that was decided on, with the same content. Errors: kDisk if
/// it has changed, kIo.
[[nodiscard]] Result<void> check_unchanged(int fd, const disk::Disk& decided);

/// Opens a disk exclusively and for writing, and checks it as above. Errors: kDisk also if it is in
/// use.
[[nodiscard]] Result<UniqueFd> open_unchanged(const Root& root, const disk::Disk& decided);

/// Lists the files on the disk's partitions again where the plan rests on them: a program that
/// mounts a partition for a moment leaves no other trace. Errors: kDisk if they have changed, those
/// of disk::read_entries.
[[nodiscard]] Result<void> check_entries(const Context& context, const disk::Disk& decided);

}  // namespace azl::provision
