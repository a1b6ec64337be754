// Mounts file systems, by transient units or by lines in /etc/fstab.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "disk/plan/disk_action.h"
#include "provision/step/context.h"

namespace azl::provision {

/// Mounts `device` by a transient unit or by a line in /etc/fstab, and writes the file that warns
/// of the loss of data if the disk is ephemeral. Errors: kDisk (another file system is on it, or
/// another line of /etc/fstab is for it), kIo, kToolFailed, kTimeout.
[[nodiscard]] Result<void> mount_device(const Context& context, const std::string& device,
                                        const disk::act::Mount& mount);

/// Replaces cloud-init's lines in /etc/fstab by one of this program for the file system on
/// `device`, or only removes them if `adopt` names no file system, and reloads systemd's units.
/// Returns the path of the copy of /etc/fstab as it was. Errors: kDisk (another file system is on
/// the device, or the lines are gone), those of disk::keep_fstab_copy, kIo, kToolFailed, kTimeout.
[[nodiscard]] Result<std::string> adopt_fstab_line(const Context& context,
                                                   const std::string& device,
                                                   const disk::act::Adopt& adopt);

/// Removes this program's lines from /etc/fstab, except those for the mount points in `kept`:
/// otherwise systemd would mount by them, or refuse to mount in another way. Errors: those of
/// Root::read and Root::write, kToolFailed, kTimeout.
[[nodiscard]] Result<void> remove_stale_fstab_lines(const Context& context,
                                                    const std::vector<std::string>& kept);

}  // namespace azl::provision
