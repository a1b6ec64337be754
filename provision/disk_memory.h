// What is remembered of the disks from boot to boot.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/root.h"
#include "disk/disk_plan.h"

namespace azl::provision {

inline constexpr std::string_view kDisksFile = "/var/lib/azl-provision/disks.json";

/// Nothing where there is no file. Errors: kState (it makes no sense), kIo.
[[nodiscard]] Result<disk::DiskMemory> load_disk_memory(const Root& root);
/// Written so that a power cut right after it does not take it back. Errors: as Root::write.
[[nodiscard]] Result<void> save_disk_memory(const Root& root, const disk::DiskMemory& memory);

}  // namespace azl::provision
