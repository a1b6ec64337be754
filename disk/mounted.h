// Reading from a file system that is mounted for nobody else and for no longer than the reading.
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
  bool image = false;              ///< mount by a loop device
  std::vector<std::string> types;  ///< file system types to try, in this order; not empty
};

/// Reads something from a mounted tree; empty when it is not there. It runs in the child.
using ReadTree = std::function<Result<std::optional<std::string>>(const Root& tree)>;

/// Mounts `source` read-only (nosuid, nodev, noexec) and gives the tree to `read`, in a child with
/// a mount namespace of its own: this process's mounts never change, a damaged disc that makes the
/// kernel hang holds up the child only, and however the child ends, mount and loop device end with
/// it. What `read` found comes back by a pipe, at most `limit` bytes. Errors: kMediaUnreadable with
/// the child's error as text, kTimeout (the child is killed), kIo. Needs root.
[[nodiscard]] Result<std::optional<std::string>> read_mounted(const MountSource& source,
                                                              const ReadTree& read,
                                                              std::size_t limit,
                                                              const Deadline& deadline);

}  // namespace azl::disk
