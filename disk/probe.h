// What is on a block device: its partition table and file systems, as libblkid sees them, and
// whether it is zero.
#pragma once

#include "base/error.h"
#include "disk/block_device.h"

namespace azl::disk {

/// Reads an open disk, a block device or an image, and sets size, table, content, zeroed, gap_used
/// and partitions. Other members stay, such as kind and use. A partition that `disk` has already
/// with the same number and start keeps its device, entries and use. The use of a partition that is
/// no longer in the table moves to the disk. Writes nothing, and opens no partition's device.
/// Errors: kIo, kInvalidInput (not a block device or file); `disk` is then unchanged.
[[nodiscard]] Result<void> probe_disk(int fd, Disk& disk);

}  // namespace azl::disk
