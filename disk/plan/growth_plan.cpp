#include "disk/plan/growth_plan.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "disk/describe.h"
#include "disk/plan/disk_decision.h"

namespace azl::disk {
namespace {

/// Less free space than this is not worth a change of the partition table: GPT's backup and the
/// alignment take as much.
constexpr std::uint64_t kLeastGrowth = 2 * kMiB;

/// The partition that holds the root file system; null if none of this disk does.
const Partition* find_root(const Disk& disk, const RootFileSystem& root) {
  const auto found = std::ranges::find_if(disk.partitions, [&](const Partition& partition) {
    return (!root.source.empty() && partition.device == root.source) ||
           std::ranges::find(partition.use.mounted_at, "/") != partition.use.mounted_at.end();
  });
  return found == disk.partitions.end() ? nullptr : &*found;
}

/// What the root file system lies on if it is on none of the disk's partitions.
std::string describe_other_root(const Disk& disk) {
  for (const auto& partition : disk.partitions) {
    if (!partition.use.holders.empty())
      return "the root file system is on " + partition_name(disk, partition) + " through " +
             printable(partition.use.holders.front()) + " (" + describe_content(partition.content) +
             "), which its own tools grow";
  }
  return "the root file system is not on it";
}

/// Why the root file system is not grown. Empty: it can be.
std::string why_not_grow(const Disk& disk, const DiskFacts& facts) {
  if (!disk.error.empty()) return disk.error;
  if (disk.read_only) return "it is read-only";
  if (!facts.other_grower.empty()) return facts.other_grower;
  if (auto why = describe_use(disk.device, disk.use); !why.empty() && !disk.table.empty())
    return why;
  if (disk.gap_used) return "there is data outside its partitions";
  if (disk.table.empty()) return "it has no partition table";
  if (disk.table_unclear) return describe_content(disk);
  const Partition* root = find_root(disk, facts.root);
  if (root == nullptr) return describe_other_root(disk);
  if (root != &disk.partitions.back())
    return partition_name(disk, disk.partitions.back()) + " lies after the root file system";
  const auto& type = facts.root.type.empty() ? root->content.type : facts.root.type;
  if (std::ranges::find(kFileSystems, type) == kFileSystems.end())
    return "its file system is " + (type.empty() ? "not known" : printable(type)) +
           ", which this program does not grow";
  return {};
}

}  // namespace

DiskAction plan_growth(const Disk& disk, const DiskFacts& facts) {
  if (facts.history.grown_to == disk.size)
    return leave_settled(disk, "its size has not changed since its partition was grown");
  if (auto why = why_not_grow(disk, facts); !why.empty()) {
    // All but read errors are the same on every boot, and the first one reported them.
    return disk.error.empty() ? leave_settled(disk, why) : leave(disk, why);
  }
  const auto& root = disk.partitions.back();
  const auto end = root.start + root.size;
  const bool room = disk.size > end && disk.size - end >= kLeastGrowth;
  return {
      .device = disk.device,
      .act = act::Grow{.partition = root.number,
                       .file_system = facts.root.type.empty() ? root.content.type : facts.root.type,
                       .mount_point = "/"},
      .why =
          room ? std::to_string((disk.size - end) / kMiB) + " MiB are free after its last partition"
               : "its file system may be smaller than its partition"};
}

}  // namespace azl::disk
