#include "disk/plan/disk_plan.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "disk/describe.h"
#include "disk/mount_point.h"
#include "disk/plan/disk_decision.h"
#include "disk/plan/growth_plan.h"
#include "disk/plan/stripe_plan.h"
#include "disk/reformat_rules.h"

namespace azl::disk {
namespace {

using Actions = std::vector<DiskAction>;

constexpr const char* kUnfinished = "an earlier boot did not finish making its file system";

constexpr const char* kInLine =
    "cloud-init's line in /etc/fstab, or the one in its place, mounts it";

/// How a disk is to be used.
struct Wish {
  std::string file_system;
  std::string label;
  std::string point;  ///< empty: it is not mounted
  std::string options;
  bool ephemeral = false;
  DiskOptions::Swap swap = DiskOptions::Swap::kNone;
  std::uint64_t swap_size = 0;
  /// The line of /etc/fstab that cloud-init wrote for the disk, or that has replaced it. Null if
  /// there is no such line.
  const ResourceLine* line = nullptr;
};

void append(Actions more, Actions& actions) {
  std::ranges::move(more, std::back_inserter(actions));
}

/// Replaces the lines that are still cloud-init's, if there are any. Without a file system they are
/// removed.
void add_adoption(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
                  Actions& actions) {
  if (wish.line == nullptr || wish.line->replaced.empty()) return;
  constexpr std::size_t kMost = 300;
  actions.push_back({.device = disk.device,
                     .act = act::Adopt{.partition = partition,
                                       .lines = wish.line->replaced,
                                       .file_system = file_system,
                                       .mount_point = wish.point,
                                       .options = wish.options},
                     .why = (file_system.empty()
                                 ? "it mounts an NTFS file system that nobody has used, which the "
                                   "next boot formats: "
                                 : "cloud-init wrote it, and does not run: ") +
                            printable(join(wish.line->replaced, "; "), kMost)});
}

void add_mount(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
               std::string why, Actions& actions) {
  if (wish.point.empty()) return;
  add_adoption(disk, partition, wish, file_system, actions);
  actions.push_back({.device = disk.device,
                     .act = act::Mount{.partition = partition,
                                       .file_system = file_system,
                                       .mount_point = wish.point,
                                       .options = wish.options,
                                       .ephemeral = wish.ephemeral,
                                       .adopted = wish.line != nullptr},
                     .why = std::move(why)});
}

/// `partition`: the one for swap; 0: the disk has none.
void add_swap(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
              Actions& actions) {
  if (wish.swap == DiskOptions::Swap::kNone) return;
  const bool file = wish.swap == DiskOptions::Swap::kFile;
  if (!file && partition == 0) {
    actions.push_back(leave_settled(disk, "it has no swap partition, so there is no swap"));
    return;
  }
  actions.push_back({.device = disk.device,
                     .act = act::Swap{.partition = file ? 0 : partition,
                                      .file_system = file_system,
                                      .mount_point = file ? wish.point : std::string(),
                                      .size = wish.swap_size},
                     .why = "the configuration asks for swap"});
}

/// Makes a file system, mounts it and activates swap. An array gets no partition table: its members
/// are whole disks.
void add_format(const Disk& disk, const Wish& wish, std::string why, Actions& actions) {
  const bool new_table = disk.kind != DiskKind::kArray;
  const bool swap = new_table && wish.swap == DiskOptions::Swap::kPartition;
  actions.push_back({.device = disk.device,
                     .act = act::Format{.new_table = new_table,
                                        .file_system = wish.file_system,
                                        .label = wish.label,
                                        .swap_size = swap ? wish.swap_size : 0},
                     .why = std::move(why)});
  add_mount(disk, new_table ? 1 : 0, wish, wish.file_system, "it is new", actions);
  add_swap(disk, swap ? 2 : 0, wish, wish.file_system, actions);
}

/// The number of the second partition if it is for swap, otherwise 0.
int find_swap_partition(const Disk& disk) {
  return disk.partitions.size() == 2 && disk.partitions[1].content.type == "swap"
             ? disk.partitions[1].number
             : 0;
}

/// Resumes unfinished work, or mounts a file system that an earlier boot made. Adds nothing if
/// there is neither.
void add_earlier_work(const Disk& disk, const DiskHistory& history, const Wish& wish,
                      Actions& actions) {
  if (can_resume(disk, history)) return add_format(disk, wish, kUnfinished, actions);
  const auto found = find_file_system(disk);
  if (!found) return;
  if (std::ranges::find(kFileSystems, found->content->type) == kFileSystems.end()) return;
  const bool ours = found->content->label == wish.label && !wish.label.empty();
  const bool in_line = wish.line != nullptr && wish.line->partition == found->partition;
  if (!ours && !in_line) return;
  add_mount(disk, found->partition, wish, found->content->type,
            ours ? "an earlier boot made its file system" : kInLine, actions);
  add_swap(disk, find_swap_partition(disk), wish, found->content->type, actions);
}

/// The mount points that the plan has used so far.
using TakenPoints = std::set<std::string>;

/// Takes the mount point for this disk. Returns why that is not possible; empty: it is done.
std::string take_point(const DiskFacts& facts, const Wish& wish, TakenPoints& taken) {
  if (wish.point.empty()) return {};
  if (const auto state = state_of(facts, wish.point); state != PointState::kFree)
    return wish.point + " " + std::string(describe_point_state(state));
  return taken.insert(wish.point).second ? std::string()
                                         : "another disk is mounted at " + wish.point;
}

/// Plans what happens to cloud-init's line that has mounted the disk. Keeps the line unless a
/// change is known to be safe. Removes a line that mounts Azure's NTFS file system if nobody has
/// used it: then the next boot finds the disk as Azure hands it out.
Actions plan_line_of_mounted(const Disk& disk, const Wish& wish) {
  Actions actions;
  if (wish.line == nullptr || !is_mounted_only_at(disk, wish.line->mount_point)) return actions;
  const auto is_mounted = [](const Partition& each) { return !each.use.mounted_at.empty(); };
  const auto mounted = std::ranges::find_if(disk.partitions, is_mounted);
  const int partition = mounted == disk.partitions.end() ? 0 : mounted->number;
  const auto& type = wish.line->mounted_type;
  if (std::ranges::find(kFileSystems, type) != kFileSystems.end())
    add_adoption(disk, partition, wish, type, actions);
  else if (wish.line->mounted_untouched)
    add_adoption(disk, partition, wish, "", actions);
  return actions;
}

/// A disk whose content may be lost: the resource disk, a local one, or an array of local ones.
Actions plan_ephemeral(const Disk& disk, const DiskFacts& facts, const DiskOptions& options,
                       const Wish& wish, TakenPoints& taken) {
  if (auto why = why_not_touch(disk); !why.empty()) return {leave(disk, why)};
  const auto& other =
      disk.kind == DiskKind::kResource ? facts.other_formatter : facts.other_local_formatter;
  if (!other.empty()) return {leave(disk, other)};
  const bool in_place = is_mounted_only_at(disk, wish.point);
  if (in_place) taken.insert(wish.point);
  if (in_place || state_of(facts, wish.point) == PointState::kFree) {
    if (auto actions = plan_line_of_mounted(disk, wish); !actions.empty()) return actions;
  }
  if (in_place) return {leave_settled(disk, "it is mounted at " + wish.point + " already")};
  if (auto why = describe_use(disk); !why.empty()) return {leave(disk, why)};
  if (auto why = why_not_resume(disk, facts.history); !why.empty()) return {leave(disk, why)};
  const auto [temporary, why] =
      disk.kind == DiskKind::kResource && !disk.partitions.empty() && !disk.table_unclear
          ? decide_temporary_storage(disk, options.trust_label)
          : std::pair(false, std::string());
  Actions actions;
  if (is_blank(disk) || temporary) {
    add_format(disk, wish, temporary ? why : "it is blank", actions);
  } else {
    add_earlier_work(disk, facts.history, wish, actions);
  }
  if (actions.empty()) return {leave(disk, why.empty() ? describe_content(disk) : why)};
  if (auto obstacle = take_point(facts, wish, taken); !obstacle.empty())
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

Wish resource_wish(const Disk& disk, const DiskFacts& facts, const DiskOptions& options) {
  auto wish = ephemeral_wish(options, resource_point(facts, options), true);
  if (facts.resource_line && facts.resource_line->device == disk.device) {
    wish.line = &*facts.resource_line;
    if (wish.options.empty()) wish.options = wish.line->options;
  }
  return wish;
}

/// All local disks together: what happens to each depends on their number. `with_swap`: the first
/// one may have swap.
Actions plan_local(const std::vector<const Disk*>& disks, const DiskFacts& facts,
                   const DiskOptions& options, bool with_swap, TakenPoints& taken) {
  using Local = DiskOptions::Local;
  if (disks.empty() || options.local_disks == Local::kNone) return {};
  if (options.local_disks == Local::kStripe && disks.size() > 1)
    return plan_stripe(disks, facts, options.local_mount_point);
  const bool each = options.local_disks == Local::kEach;
  Actions actions;
  for (const Disk* disk : disks) {
    const bool first = disk == disks.front();
    if (!first && !each) {
      actions.push_back(
          leave_settled(*disk, "the configuration asks for the first local disk only"));
      continue;
    }
    const auto point = each ? options.local_mount_point + "/" + std::to_string(disk->number)
                            : options.local_mount_point;
    append(plan_ephemeral(*disk, facts, options, ephemeral_wish(options, point, first && with_swap),
                          taken),
           actions);
  }
  return actions;
}

/// Whether a file system is the one that the configuration asks for.
bool is_as_wished(const Content& content, const Wish& wish) {
  return content.type == wish.file_system && (wish.label.empty() || content.label == wish.label);
}

/// A data disk that is neither blank nor unfinished, and has another file system than it should.
Actions plan_overwriting(const Disk& disk, const DataDisk& data, const DiskHistory& history,
                         const Wish& wish) {
  const auto content = describe_content(disk);
  if (!data.overwrite)
    return {leave(disk, content + ", and the configuration does not say overwrite=yes")};
  if (const auto why = why_not_overwrite(disk, history); !why.empty())
    return {leave(disk, content + ", " + why)};
  Actions actions;
  add_format(disk, wish, content + ", and the configuration says overwrite=yes", actions);
  return actions;
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
    return {leave_settled(disk, "it is mounted at " + wish.point + " already")};
  }
  if (auto why = describe_use(disk); !why.empty()) return {leave(disk, why)};
  if (auto why = why_not_resume(disk, facts.history); !why.empty()) return {leave(disk, why)};
  Actions actions;
  const auto found = find_file_system(disk);
  if (is_blank(disk)) {
    add_format(disk, wish, "it is blank", actions);
  } else if (can_resume(disk, facts.history)) {
    add_format(disk, wish, kUnfinished, actions);
  } else if (found && is_as_wished(*found->content, wish)) {
    add_mount(disk, found->partition, wish, wish.file_system,
              "it has the file system that the configuration asks for", actions);
    if (actions.empty()) return {leave_settled(disk, "it has its file system already")};
  } else {
    actions = plan_overwriting(disk, data, facts.history, wish);
  }
  if (actions.front().is<act::Leave>()) return actions;
  if (auto obstacle = take_point(facts, wish, taken); !obstacle.empty())
    return {leave(disk, obstacle)};
  return actions;
}

Actions plan_data(const std::vector<const Disk*>& disks, const DiskFacts& facts,
                  const DiskOptions& options, TakenPoints& taken) {
  const auto with_lun = [&](int lun) {
    return std::ranges::count(disks, lun, [](const auto* disk) { return disk->number; });
  };
  Actions actions;
  for (const auto& data : options.data) {
    if (with_lun(data.lun) == 0)
      actions.push_back({.device = "LUN " + std::to_string(data.lun),
                         .act = act::Leave{},
                         .why = "the VM has no data disk with this LUN"});
  }
  for (const Disk* disk : disks) {
    const auto wanted = std::ranges::find(options.data, disk->number, &DataDisk::lun);
    if (wanted == options.data.end() || disk->number < 0) {
      actions.push_back(leave_settled(*disk, "the configuration does not mention it"));
    } else if (with_lun(disk->number) > 1) {
      actions.push_back(leave(*disk, "another disk has the same LUN"));
    } else {
      append(plan_data_disk(*disk, *wanted, facts, taken), actions);
    }
  }
  return actions;
}

/// The disks of one kind, by number, then by name, shorter names first.
std::vector<const Disk*> find_kind(const DiskFacts& facts, DiskKind kind) {
  std::vector<const Disk*> disks;
  for (const auto& disk : facts.disks) {
    if (disk.kind == kind) disks.push_back(&disk);
  }
  std::ranges::sort(disks, {}, [](const Disk* disk) {
    return std::tuple(disk->number, disk->device.size(), disk->device);
  });
  return disks;
}

/// Whether local disks may have swap: they get it if there is no resource disk to have it.
bool is_swap_local(const DiskFacts& facts, const DiskOptions& options) {
  return !options.resource_disk || find_kind(facts, DiskKind::kResource).empty();
}

}  // namespace

bool DiskOptions::any() const {
  return grow || resource_disk || local_disks != Local::kNone || !data.empty();
}

std::string resource_point(const DiskFacts& facts, const DiskOptions& options) {
  const bool chosen = options.mount_point != DiskOptions{}.mount_point;
  return facts.resource_line && !chosen ? facts.resource_line->mount_point : options.mount_point;
}

Actions plan_disks(const DiskFacts& facts, const DiskOptions& options) {
  Actions actions;
  TakenPoints taken;
  if (options.grow) {
    for (const Disk* disk : find_kind(facts, DiskKind::kOs))
      actions.push_back(plan_growth(*disk, facts));
  }
  if (options.resource_disk) {
    for (const Disk* disk : find_kind(facts, DiskKind::kResource))
      append(plan_ephemeral(*disk, facts, options, resource_wish(*disk, facts, options), taken),
             actions);
  }
  append(plan_local(find_kind(facts, DiskKind::kLocal), facts, options,
                    is_swap_local(facts, options), taken),
         actions);
  append(plan_data(find_kind(facts, DiskKind::kData), facts, options, taken), actions);
  return actions;
}

Actions plan_array(const Disk& array, const DiskFacts& facts, const DiskOptions& options) {
  TakenPoints taken;
  return plan_ephemeral(
      array, facts, options,
      ephemeral_wish(options, options.local_mount_point, is_swap_local(facts, options)), taken);
}

}  // namespace azl::disk
