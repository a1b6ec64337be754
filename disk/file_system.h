// Making and growing file systems, by their own programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "disk/signatures.h"

namespace azl::disk {

/// Time limit for making or growing a file system. Azure's remote I/O can stall for 120 s; mkfs
/// without discard takes seconds for 700 GB.
inline constexpr Duration kFileSystemTime = std::chrono::minutes(5);

/// A file system to make.
struct FileSystemSpec {
  std::string path = {};   ///< absolute: a partition, a disk, an array, an image
  std::string type = {};   ///< "ext4", "xfs", "btrfs"
  std::string label = {};  ///< empty: none; at most 16, 12, 255 bytes
};

/// Checks that `type` is one of the above and accepts this label. Errors: kInvalidInput.
[[nodiscard]] Result<void> check_label(std::string_view type, std::string_view label);

/// Makes a file system and overwrites what is there: the caller has decided that nobody needs it.
/// Fails if the device is in use (mounted, swap, in an array, or open exclusively); nothing forces
/// it. Old signatures are removed first. Returns what libblkid finds after everything is synced.
/// Errors: kInvalidInput (check_label), kIo, kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<Signature> make_file_system(Processes& processes, const FileSystemSpec& spec,
                                                 const Deadline& deadline);

/// Size of a file system before and after, by statvfs.
struct FileSystemGrown {
  std::uint64_t old_size = 0;  ///< bytes
  std::uint64_t new_size = 0;  ///< bytes
};

/// Grows a mounted file system to the size of its device. Uses systemd-growfs if it is installed,
/// otherwise resize2fs, xfs_growfs or btrfs. Does nothing if it has that size already. `device`:
/// the source of the mount. Errors: kInvalidInput (a type that cannot be grown), kIo, kToolMissing,
/// kToolFailed, kTimeout.
[[nodiscard]] Result<FileSystemGrown> grow_file_system(Processes& processes,
                                                       const std::string& mount_point,
                                                       std::string_view type,
                                                       const std::string& device,
                                                       const Deadline& deadline);

}  // namespace azl::disk
