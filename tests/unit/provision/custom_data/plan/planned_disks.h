// Shows what a plan does with disks as lines of text.
#pragma once

#include <string>
#include <variant>

#include "provision/custom_data/plan/disk_name.h"
#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::test {

inline std::string line_of(const disk::DiskWish& wish) {
  auto line = provision::custom_data::describe_target(wish.target);
  if (!wish.use) line += " unused";
  if (!wish.file_system.empty()) line += " " + wish.file_system;
  if (!wish.label.empty()) line += " '" + wish.label + "'";
  if (!wish.mount_point.empty()) line += " at " + wish.mount_point;
  if (!wish.mount_options.empty()) line += " with " + wish.mount_options;
  if (wish.overwrite) line += " overwrite";
  if (wish.swap_percent > 0) line += " " + std::to_string(wish.swap_percent) + "%";
  if (wish.swap_file > 0) line += " file " + std::to_string(wish.swap_file);
  return line;
}

/// A line for each disk that the plan sets up: "LUN 0 ext4 'label' at /data with noatime".
inline Lines wishes_of(const provision::custom_data::CustomDataPlan& plan) {
  Lines lines;
  for (const auto& item : plan.items) {
    const auto* setup = std::get_if<provision::custom_data::SetUpDisks>(&item.action);
    if (setup == nullptr) continue;
    for (const auto& wish : setup->disks) lines.push_back(line_of(wish));
  }
  return lines;
}

/// The line of fstab(5) for each mount that the plan adds: "/dev/sdc1 /data auto noatime 0 2".
inline Lines mounts_of(const provision::custom_data::CustomDataPlan& plan) {
  Lines lines;
  for (const auto& item : plan.items) {
    const auto* mount = std::get_if<provision::custom_data::AddMount>(&item.action);
    if (mount == nullptr) continue;
    lines.push_back(mount->what + " " + mount->mount_point + " " + mount->type + " " +
                    std::string(mount->options.reveal()) + " " + mount->dump + " " + mount->pass);
  }
  return lines;
}

}  // namespace azl::test
