// The GUID partition table as it lies on the disk. libblkid reads its partitions, but takes the
// backup without a word where the table itself is damaged.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "disk/table/raw_disk.h"

namespace azl::disk {

struct Gpt {
  /// A protective MBR says that there is one.
  bool promised = false;
  /// The primary header and its entries are whole, by their checksums.
  bool whole = false;
  std::uint64_t end = 0;  ///< bytes; where the first partition may begin, at the earliest
  /// What belongs to the table: itself, and its backups at the end of the disk and where the header
  /// says, which is elsewhere on a disk that has grown.
  std::vector<Area> areas = {};
};

/// Errors: kIo.
[[nodiscard]] Result<Gpt> read_gpt(const RawDisk& disk);

}  // namespace azl::disk
