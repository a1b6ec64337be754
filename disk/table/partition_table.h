// Writing a new partition table with libfdisk, and erasing it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"

namespace azl::disk {

/// A new table: one partition for a file system, and optionally one for swap behind it.
struct NewTable {
  std::uint64_t swap_size = 0;  ///< bytes, rounded up to MiB; 0: no second partition
  /// PARTUUIDs from new_uuid(); empty: random ones. A caller that chooses them can record them
  /// before anything is written, and recognizes the partition after a power cut.
  std::string uuid = {};
  std::string swap_uuid = {};
};

/// A new partition.
struct MadePartition {
  int number = 0;           ///< from 1
  std::string device = {};  ///< "/dev/sdb1", "/dev/nvme0n1p1"
  std::string uuid = {};    ///< PARTUUID, lower case
  std::uint64_t start = 0;  ///< bytes
  std::uint64_t size = 0;   ///< bytes
};

/// The partitions of a new table.
struct MadePartitions {
  MadePartition data = {};
  std::optional<MadePartition> swap = {};
};

/// Returns a random UUID, lower case. Errors: kIo.
[[nodiscard]] Result<std::string> new_uuid();

/// Locks a whole disk, so that systemd-udevd does not read it while it is changed
/// (systemd.io/BLOCK_DEVICE_LOCKING). Otherwise udev rereads the table when a writer closes the
/// disk, and the partitions disappear for a moment while mkfs uses them. Keep the lock until the
/// file systems are made. The file is open for reading only and does not prevent O_EXCL. Errors:
/// kIo, kTimeout.
[[nodiscard]] Result<UniqueFd> lock_disk(const std::string& path, const Deadline& deadline);

/// Overwrites a disk with a GPT that has one partition (Linux file system) from 1 MiB to the end,
/// or a second one (Linux swap) at the end. Partitions are aligned to MiB. Removes old signatures
/// where the partitions begin and end, syncs, and tells the kernel. `fd`: a block device, open with
/// O_RDWR and O_EXCL, or a regular file; the caller has decided that nobody needs its content.
/// Close it before the partitions are opened exclusively, as by mkfs.
///
/// A power cut leaves the old content, a disk whose first and last MiB are zero, or the new table,
/// perhaps without its backup. Errors: kIo, kInvalidInput (the disk is too small).
[[nodiscard]] Result<MadePartitions> write_partition_table(int fd, const std::string& path,
                                                           const NewTable& table,
                                                           const Deadline& deadline);

/// Undoes write_partition_table: removes the partitions of `table` from the kernel, then makes the
/// first and the last MiB of the disk zero. Fails before it writes if a partition is open. `table`:
/// nullopt if write_partition_table was not called. `fd` and the states after a power cut: as
/// there. Errors: kIo.
[[nodiscard]] Result<void> erase_partition_table(int fd, const std::string& path,
                                                 const std::optional<MadePartitions>& table);

}  // namespace azl::disk
