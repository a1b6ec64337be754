// What is on a block device: its partition table and file systems, by libblkid, and whether there
// is anything at all.
#pragma once

#include "base/error.h"
#include "disk/block_device.h"

namespace azl::disk {

/// Reads an open disk, a block device or an image, and fills in size, table, content, zeroed,
/// gap_used and the partitions; kind, use and all that is not read from the disk itself stay. A
/// partition keeps its device, entries and use as it was listed before at the same number and
/// place; where one that is in use is gone from the table, the disk itself gets its use. Nothing
/// is written, and no partition's device node is opened. Errors: kIo, kInvalidInput (no block
/// device or file); `disk` is then as it was.
[[nodiscard]] Result<void> probe_disk(int fd, Disk& disk);

}  // namespace azl::disk
