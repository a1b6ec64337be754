// The file in which the disks are remembered from boot to boot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "disk/unfinished_work.h"

namespace azl::provision {

inline constexpr std::string_view kDisksFile = "/var/lib/azl-provision/disks.json";

/// Nothing where there is no file. Errors: kState (it makes no sense), kIo: see
/// DiskHistory::incomplete.
[[nodiscard]] Result<disk::DiskHistory> load_disk_memory(const Root& root);
/// Written so that a power cut right after it does not take it back. Errors: as Root::write.
[[nodiscard]] Result<void> save_disk_memory(const Root& root, const disk::DiskHistory& memory);

/// Remembers that a file system is made from now on: to be called before anything of it is written.
/// Errors: as above.
[[nodiscard]] Result<void> begin_making(const Root& root, disk::DiskHistory& memory,
                                        const disk::UnfinishedWork& making);
/// Remembers that one is whole: DiskHistory::finish. Errors: as above.
[[nodiscard]] Result<void> end_making(const Root& root, disk::DiskHistory& memory,
                                      const disk::UnfinishedWork& making,
                                      const std::vector<disk::Disk>& disks);
/// Remembers that the machine runs on without what was begun on these disks:
/// DiskHistory::mark_failed. Errors: as above, and nothing is changed.
[[nodiscard]] Result<void> leave_disks(const Root& root, disk::DiskHistory& memory,
                                       const std::vector<disk::Disk>& disks);
/// Forgets one of which nothing is on a disk any more. Errors: as above.
[[nodiscard]] Result<void> forget_making(const Root& root, disk::DiskHistory& memory,
                                         const disk::UnfinishedWork& making);

}  // namespace azl::provision
