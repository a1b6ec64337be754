// The kernel's partitions of a disk, which differ from the table until the kernel is told.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "disk/table/partition_table.h"

namespace azl::disk {

/// The size of a partition in the kernel, in bytes; 0 if the kernel has no such partition.
[[nodiscard]] std::uint64_t kernel_partition_size(const std::string& device);

/// Changes a partition in the kernel. `operation`: BLKPG_ADD_PARTITION; BLKPG_DEL_PARTITION, which
/// fails with EBUSY while the partition is open; or BLKPG_RESIZE_PARTITION, which works on a
/// mounted partition. Errors: kIo.
[[nodiscard]] Result<void> change_kernel_partition(int fd, int operation,
                                                   const MadePartition& partition);

}  // namespace azl::disk
