// Formats a disk: partition table, file system, and the swap area beside it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "disk/plan/disk_plan.h"
#include "provision/step/context.h"

namespace azl::provision {

/// What format_disk made.
struct MadeOnDisk {
  std::map<int, std::string> partitions = {};  ///< devices of the new partitions, by number
  /// Why the swap area could not be made. That does not fail the file system.
  std::optional<Error> swap_error = {};
};

/// Makes a file system on `disk`. The disk is opened exclusively and checked again before the first
/// write, and the work is recorded in the history as unfinished until it is done. If mkfs fails,
/// the disk is made blank again: otherwise data that somebody writes to it later, without a file
/// system, would be taken for unfinished work. Errors: kDisk (the disk has changed or is in use),
/// kIo, kToolFailed, kTimeout.
[[nodiscard]] Result<MadeOnDisk> format_disk(const Context& context, const disk::Disk& disk,
                                             const disk::act::Format& format,
                                             disk::DiskFacts& facts);

}  // namespace azl::provision
