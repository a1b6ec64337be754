// Reading from a file system that is mounted privately and only while it is read.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"

namespace azl::disk {

/// What to mount.
struct MountSource {
  std::string path;                ///< absolute: a block device, or an image file
  bool image = false;              ///< mount it with a loop device
  std::vector<std::string> types;  ///< file system types to try in this order; not empty
};

/// Reads something from a mounted tree; returns nullopt if it is not there. Runs in the child.
using ReadTree = std::function<Result<std::optional<std::string>>(const Root& tree)>;

/// Mounts `source` read-only (nosuid, nodev, noexec) and calls `read`, both in a child process with
/// a mount namespace of its own. So the mounts of this process never change, a damaged disc can
/// block only the child, and the mount and the loop device go when the child ends. Returns what
/// `read` returned, at most `limit` bytes. Errors: kMediaUnreadable with the child's error as text,
/// kTimeout (the child is killed), kIo. Needs root.
[[nodiscard]] Result<std::optional<std::string>> read_mounted(const MountSource& source,
                                                              const ReadTree& read,
                                                              std::size_t limit,
                                                              const Deadline& deadline);

}  // namespace azl::disk
