// Carries out the items of disk_setup, fs_setup, mounts and swap.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/system_run.h"
#include "provision/step/context.h"

namespace azl::provision::custom_data {

/// Stores what the document asks of disks, and runs stage disks, which does it now and, for a
/// resource disk that comes back blank, on a later boot. That stage tells what it could not do.
/// Errors: kCustomDataDisks if the stage failed or could not do all of it; those of
/// save_disk_wishes.
[[nodiscard]] Result<std::string> set_up_disks(const SystemRun& run, const SetUpDisks& item);

/// Runs stage disks, and says how it ended. Errors: kCustomDataDisks, also if it has warnings.
[[nodiscard]] Result<std::string> run_stage_disks(const Context& context);

/// Adds the line to /etc/fstab and, on the live system, makes the mount point and mounts it. The
/// line stays if that fails. Errors: kCustomDataMount, also if another line is there; kIo,
/// kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> add_mount(const SystemRun& run, const AddMount& item);

/// Makes the swap file, adds its line to /etc/fstab and activates it. A file that exists is only
/// activated. Errors: kCustomDataSwap.
[[nodiscard]] Result<std::string> make_swap_file(const SystemRun& run, const MakeSwapFile& item);

/// Returns the size of a swap file in bytes: that of the document, or whole MiB by the memory. They
/// are twice the memory up to 1 GiB of it, then 2 to 4 GiB, and half of the memory above 16 GiB;
/// at most 8 GiB and a quarter of the free space, or, if the document has maxsize, at most that and
/// 80 % of the free space. Pure.
[[nodiscard]] std::uint64_t choose_swap_size(const MakeSwapFile& item, std::uint64_t memory,
                                             std::uint64_t free);

}  // namespace azl::provision::custom_data
