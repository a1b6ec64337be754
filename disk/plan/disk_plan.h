// Decides what is done with a VM's disks, and why. Data is never lost: a disk that is not known to
// be empty stays as it is. Pure.
#pragma once

#include <string>
#include <vector>

#include "disk/block_device.h"
#include "disk/disk_facts.h"
#include "disk/disk_options.h"
#include "disk/plan/disk_action.h"

namespace azl::disk {

/// The mount point of the resource disk: the one of the options if it is not the default, otherwise
/// the one in the line of /etc/fstab that cloud-init wrote for the disk, also if this program has
/// replaced that line.
[[nodiscard]] std::string resource_point(const DiskFacts& facts, const DiskOptions& options);

/// Decides: at least one action, which may be Leave, for each disk that is not kOther. The order of
/// the disks has no influence.
[[nodiscard]] std::vector<DiskAction> plan_disks(const DiskFacts& facts,
                                                 const DiskOptions& options);

/// Decides for the striped array of local disks, whose content can be read only once it runs.
[[nodiscard]] std::vector<DiskAction> plan_array(const Disk& array, const DiskFacts& facts,
                                                 const DiskOptions& options);

}  // namespace azl::disk
