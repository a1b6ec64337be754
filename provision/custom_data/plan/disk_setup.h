// The key disk_setup.
#pragma once

#include <cstddef>
#include <vector>

#include "disk/disk_wish.h"
#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/disk_layout.h"
#include "provision/custom_data/plan/disk_resolver.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Most disks that `disk_setup` can have, and most file systems of `fs_setup`.
inline constexpr std::size_t kMostDisks = 64;

/// What `disk_setup` says of one disk.
struct DiskSetup {
  disk::DiskTarget target = {};
  DiskLayout layout = {};
  bool overwrite = false;  ///< false if the disk is not to be partitioned
  Place place = {};
};

/// Reads the value of `disk_setup`, one DiskSetup for each disk. What cannot be used is left out,
/// with a remark. `table_type` has no effect. Source: cloud-init's module reference, "Disk Setup".
[[nodiscard]] std::vector<DiskSetup> read_disk_setup(const YamlMember& member,
                                                     DiskResolver& resolver, ModuleOutput& out);

}  // namespace azl::provision::custom_data
