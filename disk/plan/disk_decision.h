// What the parts of the disks' plan have in common. Pure.
#pragma once

#include <string>
#include <utility>

#include "disk/block_device.h"
#include "disk/plan/disk_plan.h"

namespace azl::disk {

/// The disk is left, and that is to be heard of.
[[nodiscard]] inline DiskAction leave(const Disk& disk, std::string why) {
  return {.act = Act::kLeave, .device = disk.device, .why = std::move(why)};
}

/// The same where all is as it should be, or nobody asked for more.
[[nodiscard]] inline DiskAction settle(const Disk& disk, std::string why) {
  auto action = leave(disk, std::move(why));
  action.settled = true;
  return action;
}

/// What is at a path of the options; kFree where nobody looked.
[[nodiscard]] inline PointState state_of(const DiskFacts& facts, const std::string& point) {
  const auto found = facts.points.find(point);
  return found == facts.points.end() ? PointState::kFree : found->second;
}

}  // namespace azl::disk
