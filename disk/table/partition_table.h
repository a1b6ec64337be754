// Partition tables: a new one, and the last partition of an old one grown. By libfdisk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"

namespace azl::disk {

/// What a new table shall have: one partition for a file system, and perhaps one for swap behind
/// it.
struct NewTable {
  std::uint64_t swap_size = 0;  ///< bytes, rounded up to MiB; 0: no second partition
  /// PARTUUIDs, from new_uuid(); empty: random ones. Who gives them can remember them
  /// before anything is written, and so knows its own work again after a power cut.
  std::string uuid = {};
  std::string swap_uuid = {};
};

/// A partition that was made.
struct MadePartition {
  int number = 0;           ///< from 1
  std::string device = {};  ///< "/dev/sdb1", "/dev/nvme0n1p1"
  std::string uuid = {};    ///< PARTUUID, lower case
  std::uint64_t start = 0;  ///< bytes
  std::uint64_t size = 0;   ///< bytes
};

/// All that a new table has.
struct MadePartitions {
  MadePartition data = {};
  std::optional<MadePartition> swap = {};
};

/// A random UUID, lower case. Errors: kIo.
[[nodiscard]] Result<std::string> new_uuid();

/// Keeps systemd-udevd from looking at a disk while it is changed, by a lock on the whole disk
/// (systemd.io/BLOCK_DEVICE_LOCKING): otherwise udev reads the table anew when a writer closes the
/// disk, and its partitions are gone for a moment, under mkfs. To be held until the file systems
/// are made; it is open for reading only and does not stand in the way of O_EXCL. Errors: kIo,
/// kTimeout.
[[nodiscard]] Result<UniqueFd> lock_disk(const std::string& path, const Deadline& deadline);

/// Replaces all that is on a disk by a GPT with one partition (Linux file system) from 1 MiB to the
/// end, or with a second one (Linux swap) at the end. Ends of partitions are at full MiB. Old
/// signatures are gone from where the partitions begin and end, all is synced, and the kernel knows
/// the partitions; a regular file works too. `fd`: open O_RDWR, of a block device also O_EXCL; the
/// caller has decided that nothing on it is of worth. It is to be closed before the partitions are
/// opened exclusively, as mkfs does.
///
/// A power cut leaves what was there before, a disk whose first and last MiB are zero, or the new
/// table, perhaps without its backup. Errors: kIo, kInvalidInput (the disk is too small).
[[nodiscard]] Result<MadePartitions> write_partition_table(int fd, const std::string& path,
                                                           const NewTable& table,
                                                           const Deadline& deadline);

/// Takes back what write_partition_table wrote, `table`; none: it was not called. The kernel knows
/// the partitions no more, before which nothing is written: whoever has one open is in the way.
/// Then the first and the last MiB of the disk are zero. `fd` and the order of the writes: as
/// there. Errors: kIo.
[[nodiscard]] Result<void> erase_partition_table(int fd, const std::string& path,
                                                 const std::optional<MadePartitions>& table);

/// How a partition's size has changed. The same size twice: there was nothing to be won.
struct Grown {
  std::uint64_t old_size = 0;  ///< bytes, in the table
  std::uint64_t new_size = 0;  ///< bytes
  [[nodiscard]] bool changed() const { return new_size != old_size; }
};

/// Extends the last partition of a GPT or dos table to the disk's last full MiB; of a dos table,
/// not beyond 2^32-1 sectors. All else of the table stays as it is. Less than 1 MiB is not worth a
/// change, and it never shrinks. The partition may be mounted. `fd`: open O_RDWR, not O_EXCL.
///
/// A power cut leaves a table that is whole: see table_image.h. When a boot was cut off between
/// table and kernel, the next call tells the kernel. Errors: kInvalidInput (`number` is not the
/// last, is a logical or an extended partition; no table, a damaged or a hybrid one), kIo.
[[nodiscard]] Result<Grown> grow_last_partition(int fd, const std::string& path, int number);

}  // namespace azl::disk
