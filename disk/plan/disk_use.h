// The actions by which one disk comes into use: formatted, mounted, with swap. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "disk/block_device.h"
#include "disk/disk_facts.h"
#include "disk/disk_options.h"
#include "disk/plan/disk_action.h"

namespace azl::disk {

/// How a disk is to be used.
struct Wish {
  std::string file_system;
  std::string label;
  std::string point;  ///< empty: it is not mounted
  std::string options;
  bool ephemeral = false;
  DiskOptions::Swap swap = DiskOptions::Swap::kNone;
  std::uint64_t swap_size = 0;
  bool fstab = false;        ///< it is mounted by a line in /etc/fstab
  bool stays = false;        ///< that line stays until somebody removes it
  bool custom_data = false;  ///< custom data asks for it
  /// The line of /etc/fstab that cloud-init wrote for the disk, or that has replaced it. Null if
  /// there is no such line.
  const ResourceLine* line = nullptr;
};

/// Who asks, for sentences: "custom data" or "the configuration".
[[nodiscard]] std::string_view asker(bool custom_data);

inline constexpr const char* kUnfinished = "an earlier boot did not finish making its file system";

/// Adds actions that make a file system, mount it and activate swap. An array gets no partition
/// table: its members are whole disks.
void add_format(const Disk& disk, const Wish& wish, std::string why,
                std::vector<DiskAction>& actions);
/// Adds the action that mounts a file system, if there is a mount point. Before it, add_adoption.
void add_mount(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
               std::string why, std::vector<DiskAction>& actions);
/// Adds the action that activates swap, if there is to be swap. `partition`: the one for swap; 0:
/// the disk has none.
void add_swap(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
              std::vector<DiskAction>& actions);
/// Adds the action that replaces the lines that are still cloud-init's, if there are any. Without a
/// file system they are removed.
void add_adoption(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
                  std::vector<DiskAction>& actions);

/// The mount points that the plan has used so far.
using TakenPoints = std::set<std::string>;
/// Takes the mount point for this disk. Returns why that is not possible; empty: it is done.
[[nodiscard]] std::string take_point(const DiskFacts& facts, const Wish& wish, TakenPoints& taken);

/// Appends actions.
void append(std::vector<DiskAction> more, std::vector<DiskAction>& actions);
/// Marks the actions that leave a disk although custom data asks for more.
void mark_for_custom_data(std::vector<DiskAction>& actions);

}  // namespace azl::disk
