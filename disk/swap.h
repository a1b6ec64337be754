// Swap files and swap partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/root.h"
#include "disk/signatures.h"
#include "disk/swap_rules.h"

namespace azl::disk {

/// Makes a swap file of `bytes` (rounded up to 4 KiB) at `path`, with mode 0600. The file has no
/// name until it is complete and synced, so a power cut or an error leaves nothing behind. Takes at
/// most 80 % of the free space. `file_system`: the type that the file is on: "ext4", "xfs",
/// "btrfs". Returns the signature with the UUID. Errors: kDiskFull, kInvalidInput (another file
/// system, or less than 1 MiB), kIo (also if `path` exists), kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<Signature> make_swap_file(Processes& processes, const Root& root,
                                               const std::string& path, std::uint64_t bytes,
                                               std::string_view file_system,
                                               const Deadline& deadline);

/// Looks at what is at the path of a swap file, without following links. Returns nullopt if nothing
/// is there. Errors: kIo.
[[nodiscard]] Result<std::optional<FoundSwapFile>> find_swap_file(const Root& root,
                                                                  const std::string& path);

/// Makes swap on a partition and overwrites what is there. Fails if it is in use. Returns the
/// signature with the UUID. Errors: kIo, kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<Signature> make_swap(Processes& processes, const std::string& device,
                                          const Deadline& deadline);

/// Runs swapon(8) for a swap file or partition, which lasts until the next boot. Errors:
/// kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<void> swap_on(Processes& processes, const std::string& path,
                                   const Deadline& deadline);

}  // namespace azl::disk
