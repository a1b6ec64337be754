// The GUID partition table on a disk. libblkid reads its partitions, but silently uses the backup
// if the primary table is damaged; this shows whether the primary is intact.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "disk/table/raw_disk.h"

namespace azl::disk {

struct Gpt {
  bool present = false;   ///< the disk has a protective MBR
  bool intact = false;    ///< the checksums of the primary header and its entries are right
  std::uint64_t end = 0;  ///< bytes; the first partition starts here or later
  /// The areas of the table, of a backup at the end of the disk, and of the backup where the header
  /// says. The last two differ if the disk has grown.
  std::vector<Area> areas = {};
};

/// Reads the primary table. Errors: kIo.
[[nodiscard]] Result<Gpt> read_gpt(const RawDisk& disk);

}  // namespace azl::disk
