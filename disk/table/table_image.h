// A partition table that libfdisk changes in memory, and writing it to the disk safely.
//
// libfdisk writes a GPT in the order of the UEFI specification: the backup's entries and header,
// then the primary's entries and header, and syncs nothing in between. If the program is killed
// between the last two writes, the primary has a wrong checksum. Linux then finds no partition at
// all, as it uses the backup only with "gpt" on its command line (find_valid_gpt() in
// block/partitions/efi.c). The disk may also reorder writes that were not synced. So libfdisk works
// on a sparse copy in memory, and its changes go to the disk in two steps with a sync after each:
//   - the backup, at the end of the disk, to which the old primary does not refer;
//   - the primary, from the first to the last changed sector, in one write.
// Until that write, the old table is intact, including its backup at the old end. With sectors of
// 512 bytes, the protective MBR, the header and the first 24 entries are in the first 4 KiB. That
// is one page and, on Azure's disks, one physical sector, so it is written completely or not at
// all. With more entries or with sectors of 4096 bytes, a power cut during that write may leave a
// damaged primary. The backup is intact then; firmware, libfdisk and libblkid use it. A dos table
// is one sector.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <libfdisk.h>

#include "base/error.h"
#include "base/fd.h"

namespace azl::disk {

using FdiskContext = Handle<fdisk_context, fdisk_unref_context>;
using FdiskPartition = Handle<fdisk_partition, fdisk_unref_partition>;
using FdiskTable = Handle<fdisk_table, fdisk_unref_table>;

/// The size of a disk and its sectors.
struct Geometry {
  std::uint64_t size = 0;         ///< bytes
  std::uint32_t sector_size = 0;  ///< logical, 512 or 4096
  bool block_device = false;
};
/// Reads the geometry of a block device or a regular file, which has sectors of 512 bytes. Errors:
/// kIo.
[[nodiscard]] Result<Geometry> geometry_of(int fd);

/// A sparse file in memory for libfdisk, as large as the disk. It is empty, or has a copy of the
/// disk's first MiB.
class TableImage {
 public:
  /// Errors: kIo, kInvalidInput for a disk of less than 4 MiB.
  [[nodiscard]] static Result<TableImage> empty(const Geometry& geometry);
  [[nodiscard]] static Result<TableImage> copy_of(int fd, const Geometry& geometry);

  /// Opens the image with libfdisk, without dialogs. Errors: kIo.
  [[nodiscard]] Result<FdiskContext> open(const std::string& path) const;
  /// Reads the first MiB.
  [[nodiscard]] Result<std::string> head() const;
  /// Changes bytes in the first MiB.
  [[nodiscard]] Result<void> patch(std::uint64_t at, const std::string& bytes) const;
  /// Writes the backup of a GPT to the disk and syncs. Errors: kIo.
  [[nodiscard]] Result<void> write_backup(int fd) const;
  /// Writes what differs from the disk's first MiB in one write, and syncs. `limit`: where the
  /// first partition begins, in bytes; nothing is written there. Errors: kIo, kInvalidInput (the
  /// partition is too close to the table).
  [[nodiscard]] Result<void> write_primary(int fd, std::uint64_t limit) const;

 private:
  TableImage(UniqueFd memory, const Geometry& geometry)
      : memory_(std::move(memory)), geometry_(geometry) {}
  UniqueFd memory_;
  Geometry geometry_;
};

}  // namespace azl::disk
