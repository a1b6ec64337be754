// The line in /etc/fstab by which cloud-init mounted the resource disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.h"
#include "disk/block_device.h"
#include "disk/disk_facts.h"

namespace azl::disk {

/// Finds the line in the text of /etc/fstab that cloud-init wrote for the resource disk, or the
/// line of this program that replaced it. cloud-init's options alone do not decide, because lines
/// of users' own "mounts:" have them too. The line's device must be the resource disk: by a link of
/// Azure's udev rules, by a label or UUID on it, or by its kernel name. The kernel name may have
/// been another disk's on an earlier boot, so it counts only if the line's mount point is `point`.
/// If there is not exactly one resource disk, finds only a line of this program. Returns nullopt if
/// there is no line, or if a line of somebody else is for the same mount point.
[[nodiscard]] std::optional<ResourceLine> find_resource_line(const Root& root,
                                                             std::string_view fstab,
                                                             const std::vector<Disk>& disks,
                                                             const std::string& point);

}  // namespace azl::disk
