// What the parts of the disks' plan have in common. Pure.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "disk/block_device.h"
#include "disk/plan/disk_action.h"
#include "disk/plan/disk_plan.h"

namespace azl::disk {

/// The file systems that this program makes, mounts and grows.
inline constexpr std::array kFileSystems = {"ext4", "xfs", "btrfs"};

/// Leaves a disk for a reason that the report shows as long as it holds.
[[nodiscard]] inline DiskAction leave(const Disk& disk, std::string why) {
  return {.device = disk.device, .act = act::Leave{}, .why = std::move(why)};
}

/// Leaves a disk that is as it should be, or for which nothing was asked.
[[nodiscard]] inline DiskAction leave_settled(const Disk& disk, std::string why) {
  return {.device = disk.device, .act = act::Leave{.settled = true}, .why = std::move(why)};
}

/// What is at a mount point of the options. kFree if that was not looked up.
[[nodiscard]] inline PointState state_of(const DiskFacts& facts, const std::string& point) {
  const auto found = facts.points.find(point);
  return found == facts.points.end() ? PointState::kFree : found->second;
}

}  // namespace azl::disk
