// The key mounts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/disk_resolver.h"
#include "provision/custom_data/plan/module.h"
#include "provision/custom_data/plan/wished_disks.h"

namespace azl::provision::custom_data {

/// Most items of `mounts` that count.
inline constexpr std::size_t kMostMounts = 256;

/// A directory at which something is mounted.
struct MountedAt {
  std::string path = {};
  std::size_t number = 0;  ///< of the item of `mounts`
  Place place = {};
  bool is_resource = false;  ///< it is the resource disk
};

/// Reads the value of `mounts`. Items about disks in `disks` say where these are mounted. An item
/// about the resource disk adds it to `disks`; one without a mount point leaves the disk as it is.
/// All others become items "mounts/N" of the early phase. Returns what is mounted where.
std::vector<MountedAt> plan_mounts(const YamlMember& member, DiskResolver& resolver,
                                   WishedDisks& disks, ModuleOutput& out);

/// What is mounted, for people: without the user and the password that can stand before an "@".
[[nodiscard]] std::string describe_source(std::string_view what);

}  // namespace azl::provision::custom_data
