#include "disk/plan/disk_plan.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "disk/describe.h"
#include "disk/mount_point.h"
#include "disk/plan/disk_decision.h"
#include "disk/plan/stripe_plan.h"
#include "disk/reformat_rules.h"

namespace azl::disk {
namespace {

using Actions = std::vector<DiskAction>;

/// Less than this is not worth a change of the partition table: GPT's backup and the alignment take
/// as much.
constexpr std::uint64_t kLeastGrowth = 2 * kMiB;
constexpr const char* kBegun = "an earlier boot began to make its file system and did not end";
constexpr std::array kGrowable = {"ext4", "xfs", "btrfs"};

/// Where and how a disk is to be used.
struct Wish {
  std::string file_system;
  std::string label;
  std::string point;  ///< empty: it is not mounted
  std::string options;
  bool ephemeral = false;
  DiskOptions::Swap swap = DiskOptions::Swap::kNone;
  std::uint64_t swap_size = 0;
};

void add_mount(Actions& actions, const Disk& disk, int partition, const Wish& wish,
               const std::string& file_system, std::string why) {
  if (wish.point.empty()) return;
  actions.push_back({.act = Act::kMount,
                     .device = disk.device,
                     .partition = partition,
                     .file_system = file_system,
                     .mount_point = wish.point,
                     .options = wish.options,
                     .ephemeral = wish.ephemeral,
                     .why = std::move(why)});
}

void add_swap(Actions& actions, const Disk& disk, int partition, const Wish& wish,
              const std::string& file_system) {
  if (wish.swap == DiskOptions::Swap::kNone) return;
  const bool file = wish.swap == DiskOptions::Swap::kFile;
  if (!file && partition == 0) {
    actions.push_back(settle(disk, "it has no partition with swap on it, so there is none"));
    return;
  }
  actions.push_back({.act = Act::kSwap,
                     .device = disk.device,
                     .partition = file ? 0 : partition,
                     .file_system = file_system,
                     .mount_point = file ? wish.point : std::string(),
                     .size = wish.swap_size,
                     .why = "the configuration asks for swap"});
}

/// Makes a file system on a disk that nobody has written to, or goes on with one that was begun.
void add_format(Actions& actions, const Disk& disk, const Wish& wish, bool partition_it,
                int partition, std::string why) {
  const bool swap = partition_it && wish.swap == DiskOptions::Swap::kPartition;
  actions.push_back({.act = Act::kFormat,
                     .device = disk.device,
                     .partition = partition,
                     .partition_it = partition_it,
                     .file_system = wish.file_system,
                     .label = wish.label,
                     .size = swap ? wish.swap_size : 0,
                     .why = std::move(why)});
  add_mount(actions, disk, partition, wish, wish.file_system, "it is new");
  add_swap(actions, disk, swap ? 2 : 0, wish, wish.file_system);
}

/// The partition for swap beside the file system's; 0: none.
int swap_partition(const Disk& disk) {
  return disk.partitions.size() == 2 && disk.partitions[1].content.type == "swap"
             ? disk.partitions[1].number
             : 0;
}

/// A file system of an earlier boot, one that was begun, or none.
bool add_earlier(Actions& actions, const Disk& disk, const DiskHistory& memory, const Wish& wish) {
  if (can_resume(disk, memory)) {
    const bool array = disk.kind == DiskKind::kArray;
    add_format(actions, disk, wish, !array, array ? 0 : 1, kBegun);
    return true;
  }
  const auto found = find_file_system(disk);
  if (!found) return false;
  const bool ours = found->content->label == wish.label && !wish.label.empty() &&
                    std::ranges::find(kGrowable, found->content->type) != kGrowable.end();
  if (!ours) return false;
  add_mount(actions, disk, found->partition, wish, found->content->type,
            "an earlier boot made its file system");
  add_swap(actions, disk, swap_partition(disk), wish, found->content->type);
  return true;
}

/// Which paths are spoken for while the plan is made.
using TakenPoints = std::set<std::string>;

/// Why a disk can't be mounted as wished; empty: it can.
std::string find_point_obstacle(const DiskFacts& facts, const Wish& wish, TakenPoints& taken) {
  if (wish.point.empty()) return {};
  if (const auto state = state_of(facts, wish.point); state != PointState::kFree)
    return wish.point + " " + std::string(describe_point_state(state));
  return taken.insert(wish.point).second ? std::string()
                                         : "another disk is mounted at " + wish.point;
}

/// A disk that loses what is on it: the resource disk, a local one, or an array of those.
Actions plan_ephemeral(const Disk& disk, const DiskFacts& facts, const DiskOptions& options,
                       const Wish& wish, TakenPoints& taken) {
  if (auto why = why_not_touch(disk); !why.empty()) return {leave(disk, why)};
  const auto& other =
      disk.kind == DiskKind::kResource ? facts.other_formatter : facts.other_local_formatter;
  if (!other.empty()) return {leave(disk, other)};
  if (is_mounted_only_at(disk, wish.point)) {
    taken.insert(wish.point);
    return {settle(disk, "it is mounted at " + wish.point + " already")};
  }
  if (auto why = describe_use(disk); !why.empty()) return {leave(disk, why)};
  if (auto why = why_not_resume(disk, facts.history); !why.empty()) return {leave(disk, why)};
  const bool blank = is_blank(disk);
  const auto [temporary, why] =
      disk.kind == DiskKind::kResource && !disk.partitions.empty() && !disk.table_unclear
          ? decide_temporary_storage(disk, options.trust_label)
          : std::pair(false, std::string());
  Actions actions;
  if (blank || temporary) {
    const bool partition_it = disk.kind != DiskKind::kArray;  // which is made of whole disks
    add_format(actions, disk, wish, partition_it, partition_it ? 1 : 0,
               temporary ? why : "it is blank");
  } else if (!add_earlier(actions, disk, facts.history, wish)) {
    return {leave(disk, why.empty() ? describe_content(disk) : why)};
  }
  if (auto obstacle = find_point_obstacle(facts, wish, taken); !obstacle.empty())
    return {leave(disk, obstacle)};
  return actions;
}

Wish ephemeral_wish(const DiskOptions& options, std::string point, bool with_swap) {
  return {.file_system = options.file_system,
          .label = options.label,
          .point = std::move(point),
          .options = options.mount_options,
          .ephemeral = true,
          .swap = with_swap ? options.swap : DiskOptions::Swap::kNone,
          .swap_size = options.swap_size};
}

/// Local disks, all of them: how many there are decides what becomes of each.
void plan_local(const std::vector<const Disk*>& disks, const DiskFacts& facts,
                const DiskOptions& options, bool swap_free, TakenPoints& taken, Actions& actions) {
  using Local = DiskOptions::Local;
  if (disks.empty() || options.local_disks == Local::kNone) return;
  const auto add = [&](Actions more) { std::ranges::move(more, std::back_inserter(actions)); };
  if (options.local_disks == Local::kStripe && disks.size() > 1)
    return add(plan_stripe(disks, facts, options.local_mount_point));
  for (const Disk* disk : disks) {
    const bool first = disk == disks.front();
    if (!first && options.local_disks != Local::kEach) {
      actions.push_back(settle(*disk, "only the first local disk is asked for"));
      continue;
    }
    const auto point = options.local_disks == Local::kEach
                           ? options.local_mount_point + "/" + std::to_string(disk->number)
                           : options.local_mount_point;
    add(plan_ephemeral(*disk, facts, options, ephemeral_wish(options, point, first && swap_free),
                       taken));
  }
}

/// Whether a file system is what a data disk is wished to have.
bool is_as_wished(const Content& content, const Wish& wish) {
  return content.type == wish.file_system && (wish.label.empty() || content.label == wish.label);
}

Actions plan_data_disk(const Disk& disk, const DataDisk& data, const DiskFacts& facts,
                       TakenPoints& taken) {
  const Wish wish{.file_system = data.file_system,
                  .label = data.label,
                  .point = data.mount_point,
                  .options = data.options};
  if (auto why = why_not_touch(disk); !why.empty()) return {leave(disk, why)};
  if (!wish.point.empty() && is_mounted_only_at(disk, wish.point)) {
    taken.insert(wish.point);
    return {settle(disk, "it is mounted at " + wish.point + " already")};
  }
  if (auto why = describe_use(disk); !why.empty()) return {leave(disk, why)};
  if (auto why = why_not_resume(disk, facts.history); !why.empty()) return {leave(disk, why)};
  Actions actions;
  const auto found = find_file_system(disk);
  if (is_blank(disk)) {
    add_format(actions, disk, wish, true, 1, "it is blank");
  } else if (can_resume(disk, facts.history)) {
    add_format(actions, disk, wish, true, 1, kBegun);
  } else if (found && is_as_wished(*found->content, wish)) {
    add_mount(actions, disk, found->partition, wish, wish.file_system,
              "it has the file system that the configuration asks for");
    if (actions.empty()) return {settle(disk, "it has its file system already")};
  } else if (auto why = why_not_overwrite(disk, facts.history); data.overwrite && !why.empty()) {
    return {leave(disk, describe_content(disk) + ", " + why)};
  } else if (data.overwrite) {
    add_format(actions, disk, wish, true, 1, describe_content(disk) + ", and is to be overwritten");
  } else {
    return {leave(disk, describe_content(disk) + ", and overwrite=yes is not said")};
  }
  if (auto obstacle = find_point_obstacle(facts, wish, taken); !obstacle.empty())
    return {leave(disk, obstacle)};
  return actions;
}

void plan_data(const std::vector<const Disk*>& disks, const DiskFacts& facts,
               const DiskOptions& options, TakenPoints& taken, Actions& actions) {
  const auto with_lun = [&](int lun) {
    return std::ranges::count(disks, lun, [](const auto* d) { return d->number; });
  };
  for (const auto& data : options.data) {
    if (with_lun(data.lun) == 0)
      actions.push_back({.act = Act::kLeave,
                         .device = "LUN " + std::to_string(data.lun),
                         .why = "the VM has no data disk with this LUN"});
  }
  for (const Disk* disk : disks) {
    const auto wanted = std::ranges::find(options.data, disk->number, &DataDisk::lun);
    if (wanted == options.data.end() || disk->number < 0) {
      actions.push_back(settle(*disk, "the configuration says nothing of it"));
    } else if (with_lun(disk->number) > 1) {
      actions.push_back(leave(*disk, "another disk has the same LUN"));
    } else {
      std::ranges::move(plan_data_disk(*disk, *wanted, facts, taken), std::back_inserter(actions));
    }
  }
}

/// The partition that holds the root file system; null: none of this disk.
const Partition* find_root(const Disk& disk, const RootFileSystem& root) {
  const auto found = std::ranges::find_if(disk.partitions, [&](const Partition& partition) {
    return (!root.source.empty() && partition.device == root.source) ||
           std::ranges::find(partition.use.mounted_at, "/") != partition.use.mounted_at.end();
  });
  return found == disk.partitions.end() ? nullptr : &*found;
}

/// Why the root file system is not grown; empty: it is.
std::string find_growth_obstacle(const Disk& disk, const DiskFacts& facts) {
  if (!disk.error.empty()) return disk.error;
  if (disk.read_only) return "it is read-only";
  if (!facts.other_grower.empty()) return facts.other_grower;
  if (auto why = describe_use(disk.device, disk.use); !why.empty() && !disk.table.empty())
    return why;
  if (disk.gap_used) return "there is data behind or beside its partitions";
  if (disk.table.empty()) return "it has no partition table";
  if (disk.table_unclear) return describe_content(disk);
  const Partition* root = find_root(disk, facts.root);
  if (root == nullptr) {
    for (const auto& partition : disk.partitions) {
      if (!partition.use.holders.empty())
        return "the root file system lies on " + partition_name(disk, partition) + " by " +
               printable(partition.use.holders.front()) + " (" +
               describe_content(partition.content) + "), which is grown by its own tools";
    }
    return "the root file system is not on it";
  }
  if (root != &disk.partitions.back())
    return partition_name(disk, disk.partitions.back()) + " lies behind the root file system";
  const auto& type = facts.root.type.empty() ? root->content.type : facts.root.type;
  if (std::ranges::find(kGrowable, type) == kGrowable.end())
    return "its file system is " + (type.empty() ? "not known" : printable(type)) +
           ", which is not grown here";
  return {};
}

void plan_growth(const Disk& disk, const DiskFacts& facts, Actions& actions) {
  if (facts.history.grown_to == disk.size) {
    actions.push_back(settle(disk, "it has not grown since it was filled"));
    return;
  }
  if (auto why = find_growth_obstacle(disk, facts); !why.empty()) {
    // Which is so on every boot, and was told at the first.
    actions.push_back(disk.error.empty() ? settle(disk, why) : leave(disk, why));
    return;
  }
  const auto& root = disk.partitions.back();
  const auto end = root.start + root.size;
  const bool room = disk.size > end && disk.size - end >= kLeastGrowth;
  actions.push_back({.act = Act::kGrow,
                     .device = disk.device,
                     .partition = root.number,
                     .file_system = facts.root.type.empty() ? root.content.type : facts.root.type,
                     .mount_point = "/",
                     .why = room ? std::to_string((disk.size - end) / kMiB) +
                                       " MiB behind its last partition are free"
                                 : "its file system may be smaller than its partition"});
}

/// By number, then by name, the shorter one first: the order of the list means nothing.
std::vector<const Disk*> of_kind(const DiskFacts& facts, DiskKind kind) {
  std::vector<const Disk*> disks;
  for (const auto& disk : facts.disks) {
    if (disk.kind == kind) disks.push_back(&disk);
  }
  std::ranges::sort(disks, {}, [](const Disk* disk) {
    return std::tuple(disk->number, disk->device.size(), disk->device);
  });
  return disks;
}

}  // namespace

std::string_view to_string(Act act) {
  switch (act) {
    case Act::kLeave:
      return "leave";
    case Act::kGrow:
      return "grow";
    case Act::kFormat:
      return "format";
    case Act::kStripe:
      return "raid0";
    case Act::kMount:
      return "mount";
    case Act::kSwap:
      return "swap";
  }
  return "leave";
}

bool DiskOptions::any() const {
  return grow || resource_disk || local_disks != Local::kNone || !data.empty();
}

std::string in_words(const DiskAction& action) {
  const auto part =
      action.partition > 0 ? " partition " + std::to_string(action.partition) : std::string();
  switch (action.act) {
    case Act::kLeave:
      return "leave " + action.device;
    case Act::kGrow:
      return "grow " + action.device + part + " and its " + action.file_system;
    case Act::kFormat:
      return (action.partition_it ? "partition " + action.device + " and format it as "
                                  : "format " + action.device + part + " as ") +
             action.file_system + (action.label.empty() ? "" : " '" + action.label + "'") +
             (action.size > 0 ? ", " + std::to_string(action.size / kMiB) + " MiB for swap" : "");
    case Act::kStripe:
      return (action.assemble ? "assemble " : "make ") + action.device + " of " +
             join(action.members, " ");
    case Act::kMount:
      return "mount " + action.device + part + " at " + action.mount_point;
    case Act::kSwap:
      return action.mount_point.empty()
                 ? "swap to " + action.device + part
                 : "swap to a file of " + std::to_string(action.size / kMiB) + " MiB in " +
                       action.mount_point;
  }
  return {};
}

Actions plan_array(const Disk& array, const DiskFacts& facts, const DiskOptions& options) {
  TakenPoints taken;
  const bool resource_has_swap =
      options.resource_disk && !of_kind(facts, DiskKind::kResource).empty();
  return plan_ephemeral(array, facts, options,
                        ephemeral_wish(options, options.local_mount_point, !resource_has_swap),
                        taken);
}

Actions plan_disks(const DiskFacts& facts, const DiskOptions& options) {
  Actions actions;
  TakenPoints taken;
  if (options.grow) {
    for (const Disk* disk : of_kind(facts, DiskKind::kOs)) plan_growth(*disk, facts, actions);
  }
  const auto resource = of_kind(facts, DiskKind::kResource);
  if (options.resource_disk) {
    for (const Disk* disk : resource)
      std::ranges::move(plan_ephemeral(*disk, facts, options,
                                       ephemeral_wish(options, options.mount_point, true), taken),
                        std::back_inserter(actions));
  }
  plan_local(of_kind(facts, DiskKind::kLocal), facts, options,
             !options.resource_disk || resource.empty(), taken, actions);
  plan_data(of_kind(facts, DiskKind::kData), facts, options, taken, actions);
  return actions;
}

}  // namespace azl::disk
