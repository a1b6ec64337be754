// Swap: a file made as each file system wants it, or a partition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/root.h"
#include "disk/signatures.h"

namespace azl::disk {

/// Makes a swap file of `bytes` (rounded up to 4 KiB) at `path`, 0600, whole and synced, or none:
/// it has no name before it is ready, so neither a power cut nor an error leaves anything. It takes
/// at most 80 % of what is free. `file_system`: the type of the one it lies on; "ext4", "xfs",
/// "btrfs". Returns its UUID. Errors: kDiskFull, kInvalidInput for another file system or less than
/// 1 MiB, kIo (also when there is something at `path`), kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<Signature> make_swap_file(Processes& processes, const Root& root,
                                               const std::string& path, std::uint64_t bytes,
                                               std::string_view file_system,
                                               const Deadline& deadline);

/// Makes a partition swap, over whatever is there. One in use is refused. Returns its UUID. Errors:
/// kIo, kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<Signature> make_swap(Processes& processes, const std::string& device,
                                          const Deadline& deadline);

/// Has the kernel use a swap file or partition until the next boot. Errors: kToolMissing,
/// kToolFailed, kTimeout.
[[nodiscard]] Result<void> swap_on(Processes& processes, const std::string& path,
                                   const Deadline& deadline);

}  // namespace azl::disk
