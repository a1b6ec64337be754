#include "disk/plan/disk_plan.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>

#include "disk/describe.h"
#include "disk/plan/data_plan.h"
#include "disk/plan/disk_decision.h"
#include "disk/plan/disk_use.h"
#include "disk/plan/growth_plan.h"
#include "disk/plan/stripe_plan.h"
#include "disk/reformat_rules.h"

namespace azl::disk {
namespace {

using Actions = std::vector<DiskAction>;

constexpr const char* kInLine =
    "cloud-init's line in /etc/fstab, or the one in its place, mounts it";

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
          .swap_size = options.swap_size,
          .fstab = options.mounts == DiskOptions::Mounts::kFstab};
}

/// What custom data says of the resource disk. What it does not say is as configured, but for swap.
void apply_wish(const Disk& disk, const DiskWish& asked, Wish& wish) {
  if (!asked.file_system.empty()) wish.file_system = asked.file_system;
  if (!asked.label.empty()) wish.label = asked.label;
  if (!asked.mount_options.empty()) wish.options = asked.mount_options;
  wish.fstab = true;
  wish.custom_data = true;
  wish.swap = DiskOptions::Swap::kNone;
  if (asked.swap_file > 0) {
    wish.swap = DiskOptions::Swap::kFile;
    wish.swap_size = asked.swap_file;
  } else if (asked.swap_percent > 0) {
    wish.swap = DiskOptions::Swap::kPartition;
    wish.swap_size = disk.size / 100 * asked.swap_percent / kMiB * kMiB;
  }
}

Wish resource_wish(const Disk& disk, const DiskFacts& facts, const DiskOptions& options) {
  auto wish = ephemeral_wish(options, resource_point(facts, options), true);
  if (facts.resource_line && facts.resource_line->device == disk.device) {
    wish.line = &*facts.resource_line;
    if (wish.options.empty()) wish.options = wish.line->options;
  }
  if (options.resource) apply_wish(disk, *options.resource, wish);
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

Actions plan_resource(const DiskFacts& facts, const DiskOptions& options, TakenPoints& taken) {
  Actions actions;
  for (const Disk* disk : find_kind(facts, DiskKind::kResource)) {
    if (options.resource && !options.resource->use) {
      actions.push_back(leave_settled(*disk, "custom data says that it is not used"));
    } else if (options.resource_disk) {
      auto planned =
          plan_ephemeral(*disk, facts, options, resource_wish(*disk, facts, options), taken);
      if (options.resource_is_new) mark_for_custom_data(planned);
      append(std::move(planned), actions);
    }
  }
  if (actions.empty() && options.resource_is_new && options.resource->use)
    actions.push_back({.device = "ephemeral0",
                       .act = act::Leave{.custom_data = true},
                       .why = "the VM has no resource disk"});
  return actions;
}

/// All disks but the OS disk.
Actions plan_other_disks(const DiskFacts& facts, const DiskOptions& options) {
  TakenPoints taken;
  auto actions = plan_resource(facts, options, taken);
  append(plan_local(find_kind(facts, DiskKind::kLocal), facts, options,
                    is_swap_local(facts, options), taken),
         actions);
  append(plan_data(find_kind(facts, DiskKind::kData), facts, options, taken), actions);
  return actions;
}

/// Leaves all disks but the OS disk. A later run decides.
Actions leave_undecided(const DiskFacts& facts, const DiskOptions& options) {
  Actions actions;
  for (const auto kind : {DiskKind::kResource, DiskKind::kLocal, DiskKind::kData}) {
    for (const Disk* disk : find_kind(facts, kind))
      actions.push_back(leave(*disk, options.undecided));
  }
  return actions;
}

}  // namespace

std::string resource_point(const DiskFacts& facts, const DiskOptions& options) {
  if (options.resource && !options.resource->mount_point.empty())
    return options.resource->mount_point;
  const bool chosen = options.mount_point != DiskOptions{}.mount_point;
  return facts.resource_line && !chosen ? facts.resource_line->mount_point : options.mount_point;
}

Actions plan_disks(const DiskFacts& facts, const DiskOptions& options) {
  Actions actions;
  if (options.grow) {
    for (const Disk* disk : find_kind(facts, DiskKind::kOs))
      actions.push_back(plan_growth(*disk, facts));
  }
  append(options.undecided.empty() ? plan_other_disks(facts, options)
                                   : leave_undecided(facts, options),
         actions);
  return actions;
}

Actions plan_array(const Disk& array, const DiskFacts& facts, const DiskOptions& options) {
  TakenPoints taken;
  return plan_ephemeral(
      array, facts, options,
      ephemeral_wish(options, options.local_mount_point, is_swap_local(facts, options)), taken);
}

}  // namespace azl::disk
