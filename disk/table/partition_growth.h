// Growing the last partition of a table with libfdisk.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace azl::disk {

/// Size of a partition before and after. Both are the same if it could not grow.
struct Grown {
  std::uint64_t old_size = 0;  ///< bytes, in the table
  std::uint64_t new_size = 0;  ///< bytes
  [[nodiscard]] bool changed() const { return new_size != old_size; }
};

/// Grows the last partition of a GPT or dos table to the disk's last full MiB, in a dos table to
/// 2^32-1 sectors at most. Changes nothing else in the table. Does nothing if less than 1 MiB is
/// free, and never shrinks a partition. The partition may be mounted. `fd`: open with O_RDWR,
/// without O_EXCL.
///
/// A power cut leaves an intact table: see table_image.h. If it comes after the table was written
/// and before the kernel was told, the next call tells the kernel. Errors: kInvalidInput (`number`
/// is not the last partition, or is a logical or an extended one; there is no table, or it is
/// damaged or hybrid), kIo.
[[nodiscard]] Result<Grown> grow_last_partition(int fd, const std::string& path, int number);

}  // namespace azl::disk
