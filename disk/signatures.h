// The magic bytes by which libblkid knows what lies on a device: read, and removed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::disk {

/// What a whole device or partition holds, by libblkid.
struct Signature {
  std::string type = {};  ///< TYPE, "ext4", "swap"; empty: nothing that libblkid knows
  std::string uuid = {};  ///< UUID; empty where the type has none
};

/// Whether mkfs began a file system of this type at `start`, in bytes, and was cut off, so that
/// nobody can have used it: mkfs.xfs alone writes a superblock that libblkid knows before it ends,
/// and says so in it (sb_inprogress, in the kernel's xfs_format.h). False where it can't be read.
[[nodiscard]] bool is_unfinished(int fd, std::uint64_t start, std::string_view type);

/// Looks at a device or an image; one that mkfs did not end has no type. Errors: kIo, also where
/// signatures contradict each other.
[[nodiscard]] Result<Signature> read_signature(const std::string& path);

/// Removes all file systems', arrays' and partition tables' signatures that libblkid finds in a
/// part of an open device, so that nothing finds what used to be there. `start` and `size` in
/// bytes. Not synced. Errors: kIo.
[[nodiscard]] Result<void> wipe_signatures(int fd, std::uint64_t start, std::uint64_t size);

/// Writes zeros. Not synced. Errors: kIo.
[[nodiscard]] Result<void> write_zeros(int fd, std::uint64_t start, std::uint64_t size);

}  // namespace azl::disk
