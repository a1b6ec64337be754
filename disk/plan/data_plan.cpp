#include "disk/plan/data_plan.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "disk/describe.h"
#include "disk/plan/disk_decision.h"
#include "disk/reformat_rules.h"

namespace azl::disk {
namespace {

using Actions = std::vector<DiskAction>;
using Disks = std::vector<const Disk*>;
using DataDisks = std::vector<DataDisk>;

Wish wish_of(const DataDisk& data, const DiskOptions& options) {
  return {.file_system = data.file_system,
          .label = data.label,
          .point = data.mount_point,
          .options = data.options,
          .fstab = data.custom_data || options.mounts == DiskOptions::Mounts::kFstab,
          .stays = data.custom_data,
          .custom_data = data.custom_data};
}

/// Whether a file system is the one that the configuration asks for.
bool is_as_wished(const Content& content, const Wish& wish) {
  return content.type == wish.file_system && (wish.label.empty() || content.label == wish.label);
}

/// A data disk that is neither blank nor unfinished, and has another file system than it should.
Actions plan_overwriting(const Disk& disk, const DataDisk& data, const DiskHistory& history,
                         const Wish& wish) {
  const auto content = describe_content(disk);
  const auto says = std::string(asker(data.custom_data)) +
                    (data.overwrite ? " says " : " does not say ") +
                    (data.custom_data ? "overwrite: true" : "overwrite=yes");
  if (!data.overwrite) return {leave(disk, content + ", and " + says)};
  if (const auto why = why_not_overwrite(disk, history); !why.empty())
    return {leave(disk, content + ", " + why)};
  Actions actions;
  add_format(disk, wish, content + ", and " + says, actions);
  return actions;
}

/// A data disk with content, and without work of this program that is to be resumed.
Actions plan_content(const Disk& disk, const DataDisk& data, const DiskFacts& facts,
                     const Wish& wish) {
  if (!data.device.empty())
    return {leave(disk, describe_content(disk) +
                            ", and the kernel's name of a disk is followed only for a blank one")};
  const auto found = find_file_system(disk);
  if (!found || !is_as_wished(*found->content, wish))
    return plan_overwriting(disk, data, facts.history, wish);
  Actions actions;
  add_mount(disk, found->partition, wish, wish.file_system,
            "it has the file system that " + std::string(asker(wish.custom_data)) + " asks for",
            actions);
  if (actions.empty()) return {leave_settled(disk, "it has its file system already")};
  return actions;
}

Actions plan_data_disk(const Disk& disk, const DataDisk& data, const DiskFacts& facts,
                       const Wish& wish, TakenPoints& taken) {
  if (auto why = why_not_touch(disk); !why.empty()) return {leave(disk, why)};
  if (!wish.point.empty() && is_mounted_only_at(disk, wish.point)) {
    taken.insert(wish.point);
    return {leave_settled(disk, "it is mounted at " + wish.point + " already")};
  }
  if (auto why = describe_use(disk); !why.empty()) return {leave(disk, why)};
  if (auto why = why_not_resume(disk, facts.history); !why.empty()) return {leave(disk, why)};
  Actions actions;
  if (is_blank(disk)) {
    add_format(disk, wish, "it is blank", actions);
  } else if (can_resume(disk, facts.history)) {
    add_format(disk, wish, kUnfinished, actions);
  } else {
    actions = plan_content(disk, data, facts, wish);
  }
  if (actions.front().is<act::Leave>()) return actions;
  if (auto obstacle = take_point(facts, wish, taken); !obstacle.empty())
    return {leave(disk, obstacle)};
  return actions;
}

long count_lun(const Disks& disks, int lun) {
  return std::ranges::count(disks, lun, [](const auto* disk) { return disk->number; });
}

bool is_for(const DataDisk& data, const Disk& disk) {
  return data.device.empty() ? data.lun == disk.number && disk.number >= 0
                             : data.device == disk.device;
}

/// Why no data disk is the one that is asked for.
std::string describe_missing(const DataDisk& data, const DiskFacts& facts) {
  if (data.device.empty()) return "the VM has no data disk with this LUN";
  const auto* other = find_disk(facts, data.device);
  if (other == nullptr) return "the VM has no disk with this name";
  if (other->kind == DiskKind::kResource)
    return "it is the resource disk, which custom data has to name ephemeral0";
  return "custom data may set up data disks only, and this disk is of the kind '" +
         std::string(to_string(other->kind)) + "'";
}

void add_missing(const Disks& disks, const DiskFacts& facts, const DataDisk& data,
                 Actions& actions) {
  if (std::ranges::any_of(disks, [&](const Disk* disk) { return is_for(data, *disk); })) return;
  actions.push_back(
      {.device = data.device.empty() ? "LUN " + std::to_string(data.lun) : data.device,
       .act = act::Leave{.custom_data = data.custom_data},
       .why = describe_missing(data, facts)});
}

/// Tells of custom data's further entries for a disk: the first one counts.
void add_unused(const Disk& disk, DataDisks::const_iterator next, DataDisks::const_iterator end,
                Actions& actions) {
  const bool unused = std::any_of(
      next, end, [&](const DataDisk& data) { return data.custom_data && is_for(data, disk); });
  if (!unused) return;
  actions.push_back({.device = disk.device,
                     .act = act::Leave{.custom_data = true},
                     .why = "custom data names it twice, and what stands first counts"});
}

}  // namespace

Actions plan_data(const Disks& disks, const DiskFacts& facts, const DiskOptions& options,
                  TakenPoints& taken) {
  Actions actions;
  for (const auto& data : options.data) add_missing(disks, facts, data, actions);
  for (const Disk* disk : disks) {
    const auto wanted = std::ranges::find_if(
        options.data, [&](const DataDisk& data) { return is_for(data, *disk); });
    if (wanted == options.data.end()) {
      actions.push_back(leave_settled(*disk, "the configuration does not mention it"));
      continue;
    }
    auto planned = count_lun(disks, disk->number) > 1 && wanted->device.empty()
                       ? Actions{leave(*disk, "another disk has the same LUN")}
                       : plan_data_disk(*disk, *wanted, facts, wish_of(*wanted, options), taken);
    if (wanted->custom_data) mark_for_custom_data(planned);
    append(std::move(planned), actions);
    add_unused(*disk, std::next(wanted), options.data.end(), actions);
  }
  return actions;
}

}  // namespace azl::disk
