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

/// Finds the line in the text of /etc/fstab that cloud-init wrote for the resource disk, or the one
/// of this program that has taken its place. The device counts, because lines of users' own
/// "mounts:" have cloud-init's marks, too: a name by which Azure's udev rules call the disk; a
/// label or a UUID on it; or its kernel name, which may have been another disk's on an earlier
/// boot, and therefore counts only for a line whose mount point is `point`. If there is not exactly
/// one resource disk, only this program's line is found. Returns nullopt if there is none, or if a
/// line without these marks is for the same mount point.
[[nodiscard]] std::optional<ResourceLine> find_resource_line(const Root& root,
                                                             std::string_view fstab,
                                                             const std::vector<Disk>& disks,
                                                             const std::string& point);

}  // namespace azl::disk
