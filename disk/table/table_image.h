// A partition table as libfdisk changes it, apart from the disk, and the way of it onto the disk.
//
// libfdisk writes a GPT as UEFI asks: the backup's entries and header, then the primary's entries
// and header, with nothing synced in between. A program that is killed between the last two leaves
// a primary whose checksum is wrong, and Linux then finds no partition at all: it looks at the
// backup only with "gpt" on its command line (find_valid_gpt() in block/partitions/efi.c). Also a
// disk may write in any order what was not synced. So libfdisk works on a sparse copy in memory,
// and what it changed there goes to the disk in two steps with a sync after each:
//   - the backup, at the disk's end, where the old primary does not look;
//   - the primary, from the first to the last changed sector by one write.
// Until that write the old table is whole (its backup, at the old end, is not touched). With
// sectors of 512 bytes, protective MBR, header and the first 24 entries lie in the first 4 KiB,
// which is one page and, on Azure's disks, one physical sector: it is written whole or not at all.
// Of larger numbers, and with sectors of 4096 bytes, a power cut within that one write may leave a
// primary that is not whole; the backup is then, and firmware, libfdisk and libblkid go by it. A
// dos table is one sector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <libfdisk.h>

#include "base/error.h"
#include "base/fd.h"

namespace azl::disk {

using FdiskContext = Handle<fdisk_context, fdisk_unref_context>;
using FdiskPartition = Handle<fdisk_partition, fdisk_unref_partition>;
using FdiskTable = Handle<fdisk_table, fdisk_unref_table>;

/// How a disk is measured.
struct Geometry {
  std::uint64_t size = 0;         ///< bytes
  std::uint32_t sector_size = 0;  ///< logical, 512 or 4096
  bool block_device = false;
};
/// Of a block device, or of a regular file, which has sectors of 512 bytes. Errors: kIo.
[[nodiscard]] Result<Geometry> geometry_of(int fd);

/// The memory that libfdisk works on: as large as the disk, with the disk's first MiB or with none
/// of it.
class TableImage {
 public:
  /// Errors: kIo, kInvalidInput for a disk of less than 4 MiB.
  [[nodiscard]] static Result<TableImage> empty(const Geometry& geometry);
  [[nodiscard]] static Result<TableImage> copy_of(int fd, const Geometry& geometry);

  /// libfdisk's view of it, as it is now. Dialogs are off. Errors: kIo.
  [[nodiscard]] Result<FdiskContext> open(const std::string& path) const;
  /// The first MiB.
  [[nodiscard]] Result<std::string> head() const;
  /// Replaces bytes of the first MiB.
  [[nodiscard]] Result<void> patch(std::uint64_t at, const std::string& bytes) const;
  /// Writes a GPT's backup to the disk, and syncs. Errors: kIo.
  [[nodiscard]] Result<void> write_backup(int fd) const;
  /// Writes what differs from the disk's first MiB, by one write, and syncs. `limit`: where the
  /// first partition begins, in bytes; nothing is written from there on. Errors: kIo.
  [[nodiscard]] Result<void> write_primary(int fd, std::uint64_t limit) const;

 private:
  TableImage(UniqueFd memory, const Geometry& geometry)
      : memory_(std::move(memory)), geometry_(geometry) {}
  UniqueFd memory_;
  Geometry geometry_;
};

}  // namespace azl::disk
