// The kernel's view of a disk's partitions, which is not that of the table until it is told.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "disk/table/partition_table.h"

namespace azl::disk {

/// How large the kernel takes a partition to be, in bytes; 0: it knows none of that name.
[[nodiscard]] std::uint64_t kernel_partition_size(const std::string& device);

/// Tells the kernel of one partition: `operation` is BLKPG_ADD_PARTITION, BLKPG_DEL_PARTITION,
/// which fails with EBUSY while anybody has it open, or BLKPG_RESIZE_PARTITION, which works on a
/// mounted one. Errors: kIo.
[[nodiscard]] Result<void> change_kernel_partition(int fd, int operation,
                                                   const MadePartition& partition);

}  // namespace azl::disk
