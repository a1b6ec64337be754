// Sentences about a disk's content and use, for the plan's reasons and the report. Pure.
#pragma once

#include <string>

#include "disk/block_device.h"

namespace azl::disk {

/// The partition's device, "/dev/sdb1"; "/dev/sdb partition 1" if it has none.
[[nodiscard]] std::string partition_name(const Disk& disk, const Partition& partition);

/// A noun phrase: "ntfs 'Data'", "no known file system".
[[nodiscard]] std::string describe_content(const Content& content);
/// A sentence whose subject is the disk: "its partition has ext4". For disks that are not blank.
[[nodiscard]] std::string describe_content(const Disk& disk);

/// Who uses a device: "/dev/sdb1 is mounted at /mnt". Empty if nobody does.
[[nodiscard]] std::string describe_use(const std::string& device, const Use& use);
/// The first use of a disk or of one of its partitions. Empty if there is none.
[[nodiscard]] std::string describe_use(const Disk& disk);

}  // namespace azl::disk
