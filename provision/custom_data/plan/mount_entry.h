// One item of mounts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/secret.h"
#include "provision/custom_data/plan/disk_resolver.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// An item of `mounts`, with all of its fields checked.
struct MountEntry {
  std::size_t number = 0;  ///< in the list, from 1
  Place place = {};
  std::string what = {};  ///< a path below /dev for a disk; never empty
  std::optional<DiskName> disk = {};
  std::string mount_point = {};  ///< disk_words.h, is_mount_point(); empty: nothing is mounted
  std::string type = "auto";
  /// disk_words.h, are_mount_options(); without those that cloud-init adds; empty: not given.
  Secret options = {};
  std::string dump = "0";
  std::string pass = {};  ///< a number; empty: not given

  [[nodiscard]] bool is_swap() const { return type == "swap"; }
  /// For remarks: "mount 3".
  [[nodiscard]] std::string subject() const { return "mount " + std::to_string(number); }
};

/// Reads one item. Returns nullopt, with a remark, for what cannot be used. Source: cloud-init's
/// module reference, "Mounts".
[[nodiscard]] std::optional<MountEntry> read_mount_entry(const YamlNode& item, std::size_t number,
                                                         DiskResolver& resolver, ModuleOutput& out);

}  // namespace azl::provision::custom_data
