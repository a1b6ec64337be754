// What this program did to the disks, kept from boot to boot in a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "disk/unfinished_work.h"

namespace azl::provision {

inline constexpr std::string_view kDisksFile = "/var/lib/azl-provision/disks.json";

/// Reads the file. Returns an empty history if there is none. Errors: kState if the text makes no
/// sense, kIo. After an error the caller sets DiskHistory::incomplete.
[[nodiscard]] Result<disk::DiskHistory> load_disk_history(const Root& root);
/// Writes the file and syncs it, so that it survives a power cut. Errors: as Root::write.
[[nodiscard]] Result<void> save_disk_history(const Root& root, const disk::DiskHistory& history);

// The following functions change the history and save it. Errors: as above.

/// DiskHistory::begin. To be called before anything of the work is written to a disk.
[[nodiscard]] Result<void> begin_and_save(const Root& root, disk::DiskHistory& history,
                                          const disk::UnfinishedWork& work);
/// DiskHistory::finish.
[[nodiscard]] Result<void> finish_and_save(const Root& root, disk::DiskHistory& history,
                                           const disk::UnfinishedWork& work,
                                           const std::vector<disk::Disk>& disks);
/// DiskHistory::mark_failed for each disk. Saves only if an entry changed. On an error `history`
/// stays as it was.
[[nodiscard]] Result<void> mark_failed_and_save(const Root& root, disk::DiskHistory& history,
                                                const std::vector<disk::Disk>& disks);
/// DiskHistory::remove.
[[nodiscard]] Result<void> remove_and_save(const Root& root, disk::DiskHistory& history,
                                           const disk::UnfinishedWork& work);

/// DiskHistory::add_swap_file.
[[nodiscard]] Result<void> record_swap_file_and_save(const Root& root, disk::DiskHistory& history,
                                                     const std::string& uuid);

}  // namespace azl::provision
