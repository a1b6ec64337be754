// Mounts file systems, by transient units or by lines in /etc/fstab.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "disk/plan/disk_action.h"
#include "provision/step/context.h"

namespace azl::provision {

/// Mounts `device` as [Disk] Mounts= says, and writes the file that warns of the loss of data if
/// the disk is ephemeral. Errors: kDisk (another file system is on it, or another line of
/// /etc/fstab is for it), kIo, kToolFailed, kTimeout.
[[nodiscard]] Result<void> mount_device(const Context& context, const std::string& device,
                                        const disk::act::Mount& mount);

/// Removes this program's lines from /etc/fstab, except those for the mount points in `kept`:
/// otherwise systemd would mount by them, or refuse to mount in another way. Errors: those of
/// Root::read and Root::write, kToolFailed, kTimeout.
[[nodiscard]] Result<void> remove_stale_fstab_lines(const Context& context,
                                                    const std::vector<std::string>& kept);

}  // namespace azl::provision
