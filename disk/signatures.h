// The signatures (magic bytes) that libblkid finds on a device: reading and removing them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::disk {

/// What libblkid finds on a whole device or partition.
struct Signature {
  std::string type = {};  ///< TYPE, "ext4", "swap"; empty: no signature that libblkid knows
  std::string uuid = {};  ///< UUID; empty if the type has none
};

/// Whether mkfs was interrupted while it made the file system of this type at `start`, in bytes, so
/// that nobody can have used it. Only mkfs.xfs writes a superblock that libblkid knows before it
/// has finished, and marks it (sb_inprogress, in the kernel's xfs_format.h). False if the
/// superblock cannot be read.
[[nodiscard]] bool is_unfinished(int fd, std::uint64_t start, std::string_view type);

/// Reads the signature of a device or an image. An unfinished file system has no type. Errors: kIo,
/// also if signatures contradict each other.
[[nodiscard]] Result<Signature> read_signature(const std::string& path);

/// Removes all signatures of file systems, arrays and partition tables that libblkid finds in an
/// area of an open device. `start` and `size` in bytes; size 0: to the end. Does not sync. Errors:
/// kIo.
[[nodiscard]] Result<void> wipe_signatures(int fd, std::uint64_t start, std::uint64_t size);

/// Writes zeros. Does not sync. Errors: kIo.
[[nodiscard]] Result<void> write_zeros(int fd, std::uint64_t start, std::uint64_t size);

}  // namespace azl::disk
