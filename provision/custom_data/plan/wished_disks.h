// What disk_setup and fs_setup together ask of each disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "disk/disk_wish.h"
#include "provision/custom_data/plan/disk_setup.h"
#include "provision/custom_data/plan/fs_setup.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// The disks that a document sets up, each once.
struct WishedDisks {
  std::vector<disk::DiskWish> wishes = {};

  /// Returns nullptr if the document does not set up the disk.
  [[nodiscard]] disk::DiskWish* find(const disk::DiskTarget& target);
  /// Returns the disk whose file system gets this label, or nullptr.
  [[nodiscard]] disk::DiskWish* find_label(std::string_view label);
  /// The resource disk, which is added if the document does not set it up.
  [[nodiscard]] disk::DiskWish& resource_disk();
};

/// Combines both keys. A data disk without a file system, or with a layout that azl-provision does
/// not make, is left out, with a remark.
[[nodiscard]] WishedDisks combine_setups(const std::vector<DiskSetup>& disks,
                                         const std::vector<FsSetup>& file_systems,
                                         ModuleOutput& out);

/// For people: "set up 2 disks: LUN 0 (ext4 at /data), the resource disk (ext4 at /mnt, 33 %
/// swap)".
[[nodiscard]] std::string describe_wishes(const std::vector<disk::DiskWish>& wishes);

}  // namespace azl::provision::custom_data
