// File systems made and grown by their own programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "disk/signatures.h"

namespace azl::disk {

/// Time for a mkfs or for growing: Azure's remote I/O can stall for 120 s, and a file system of 700
/// GB without discard is a matter of seconds.
constexpr Duration kFileSystemTime = std::chrono::minutes(5);

/// A file system to be made.
struct FileSystemSpec {
  std::string path = {};   ///< absolute: a partition, a disk, an array, an image
  std::string type = {};   ///< "ext4", "xfs", "btrfs"
  std::string label = {};  ///< empty: none; at most 16, 12, 255 bytes
};

/// Whether a label fits a type. Errors: kInvalidInput, also for a type that is not one of the
/// above.
[[nodiscard]] Result<void> check_label(std::string_view type, std::string_view label);

/// Makes a file system over whatever is there; the caller has decided that it is of no worth. What
/// is in use (mounted, swap, in an array, open exclusively) is refused by the kernel, and nothing
/// forces it. Old signatures are removed first. Afterwards all is synced, and libblkid finds the
/// type: its UUID is returned. Errors: kInvalidInput (check_label), kIo, kToolMissing, kToolFailed,
/// kTimeout.
[[nodiscard]] Result<Signature> make_file_system(Processes& processes, const FileSystemSpec& spec,
                                                 const Deadline& deadline);

/// How the size of a file system has changed, by statvfs.
struct FileSystemGrown {
  std::uint64_t old_size = 0;  ///< bytes
  std::uint64_t new_size = 0;  ///< bytes
};

/// Grows a mounted file system to the size of its device: by systemd-growfs, where systemd has it,
/// else by resize2fs, xfs_growfs or btrfs. One that has its device's size stays as it is. `device`:
/// what it is mounted from. Errors: kInvalidInput for a type that can't be grown, kIo,
/// kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<FileSystemGrown> grow_file_system(Processes& processes,
                                                       const std::string& mount_point,
                                                       std::string_view type,
                                                       const std::string& device,
                                                       const Deadline& deadline);

}  // namespace azl::disk
