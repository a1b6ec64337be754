#include "provision/gather/disks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "disk/disk_words.h"
#include "disk/fstab.h"
#include "disk/inventory.h"
#include "disk/mount_point.h"
#include "disk/nvme_identify.h"
#include "disk/reformat_rules.h"
#include "disk/resource_line.h"
#include "disk/usage.h"
#include "provision/config/values.h"
#include "provision/gather/other_agents.h"
#include "provision/gather/tree.h"
#include "provision/gather/udev.h"
#include "provision/gather/waagent_conf.h"
#include "provision/record/record.h"
#include "provision/store/disks.h"

namespace azl::provision {
namespace {

using disk::Disk;
using disk::DiskKind;
using disk::DiskOptions;

constexpr std::size_t kConfigLimit = 1 << 20;
const std::string kLooking = std::string(kRunDirectory) + "/disks.looking";  // for the udev rule

/// The mount points that the configuration may ask for.
std::set<std::string> mount_points(const disk::DiskFacts& facts, const DiskOptions& options) {
  std::set<std::string> points;
  if (options.resource_disk) points.insert(disk::resource_point(facts, options));
  if (options.local_disks == DiskOptions::Local::kEach) {
    for (const auto& each : facts.disks) {
      if (each.kind == DiskKind::kLocal)
        points.insert(options.local_mount_point + "/" + std::to_string(each.number));
    }
  } else if (options.local_disks != DiskOptions::Local::kNone) {
    points.insert(options.local_mount_point);
  }
  for (const auto& data : options.data) {
    if (!data.mount_point.empty()) points.insert(data.mount_point);
  }
  return points;
}

/// Lists the files of the partition's file system.
void list_entries(const Machine& machine, disk::Partition& partition) {
  const auto types = disk::kernel_types(partition.content);
  auto entries = disk::read_entries(machine.root, partition.device, types,
                                    Deadline(machine.clock, disk::kEntriesTime));
  if (entries)
    partition.entries = std::move(*entries);
  else if (disk::kernel_supports(machine.root, types))
    partition.entries_error = entries.error().to_string();
}

/// Lists the files of a file system if the plan depends on whether there are any: Azure's NTFS on
/// the resource disk, and a file system that an earlier boot did not finish.
void list_entries(const Machine& machine, const disk::DiskHistory& history, Disk& disk) {
  const auto* storage =
      disk.kind == DiskKind::kResource ? disk::find_temporary_storage(disk) : nullptr;
  for (auto& each : disk.partitions) {
    const bool azures = &each == storage && each.content.type == "ntfs";
    const bool unfinished = &each == disk.partitions.data() && !each.content.type.empty() &&
                            history.find_unfinished(each.uuid) != nullptr;
    if ((azures || unfinished) && !each.use.any()) list_entries(machine, each);
  }
}

/// The line of /etc/fstab that cloud-init wrote for the resource disk, or that has replaced it, if
/// it may be used.
std::optional<disk::ResourceLine> find_resource_line(const Root& root, std::string_view fstab,
                                                     const std::vector<Disk>& disks,
                                                     const DiskOptions& options) {
  if (!options.resource_disk) return std::nullopt;
  auto line = disk::find_resource_line(root, fstab, disks, options.mount_point);
  if (line && !disk::is_mount_point(line->mount_point)) return std::nullopt;
  return line;
}

disk::PointState point_state(const Root& root, const std::string& point, std::string_view fstab) {
  const auto state = disk::read_point_state(root, point).value_or(disk::PointState::kNoDirectory);
  const bool claimed = disk::is_claimed(fstab, point);
  return state == disk::PointState::kFree && claimed ? disk::PointState::kClaimed : state;
}

/// The value, or an empty one after an error.
template <class T>
T value_or_note(Result<T> result, std::vector<Error>& errors) {
  if (result) return std::move(*result);
  errors.push_back(std::move(result.error()));
  return {};
}

/// Waits until udev has made the links of all disks. udev may have run its rule for a disk just
/// before the file came into being, so that no run was started for it: those events are waited for,
/// too.
void settle_and_announce(const Machine& machine) {
  (void)settle_devices(machine.processes, machine.clock);  // a driver may be loaded late
  if (machine.root.exists(kLooking)) return;
  (void)machine.root.write(kLooking, "", {.mode = 0600, .durable = false});
  (void)settle_devices(machine.processes, machine.clock);
}

}  // namespace

GatheredDisks gather_disks(const Machine& machine, const Config& config, DiskReading reading) {
  return machine.root.live() ? read_disk_facts(machine, config, reading) : GatheredDisks{};
}

GatheredDisks read_disk_facts(const Machine& machine, const Config& config, DiskReading reading) {
  GatheredDisks gathered;
  const Root& root = machine.root;
  const auto& options = config.disk;
  if (!options.any()) return gathered;
  if (reading == DiskReading::kSettleAndAnnounce) settle_and_announce(machine);
  auto& [facts, errors] = gathered;
  facts.history = value_or_note(load_disk_history(root), errors);
  if (!errors.empty()) facts.history.incomplete = true;
  const auto needs_content = [&](const Disk& disk) {
    return disk::needs_reading(disk, options, facts.history);
  };
  facts.disks = value_or_note(
      disk::read_disks(root, options.local_models,
                       {.needs_content = needs_content, .read_identify = disk::read_identify}),
      errors);
  for (auto& each : facts.disks) list_entries(machine, facts.history, each);
  const auto may_grow = [&](const Disk& disk) {
    return disk.kind == DiskKind::kOs && needs_content(disk);
  };
  if (std::ranges::any_of(facts.disks, may_grow)) {
    facts.root = value_or_note(disk::read_root_file_system(root), errors);
    facts.other_grower = find_disk_grower(root);
  }
  auto fstab = value_or_note(disk::read_fstab(root), errors);
  facts.resource_line = find_resource_line(root, fstab, facts.disks, options);
  if (facts.resource_line) fstab = disk::without_lines(fstab, facts.resource_line->replaced);
  for (const auto& point : mount_points(facts, options))
    facts.points[point] = point_state(root, point, fstab);
  facts.other_local_formatter = find_local_disk_formatter(root);
  facts.other_formatter = find_disk_formatter(root);
  return gathered;
}

std::string find_local_disk_formatter(const Root& root) {
  return is_unit_enabled(root, "azure-ephemeral-disk-setup.service")
             ? "azure-ephemeral-disk-setup.service is enabled, which sets it up"
             : std::string();
}

std::string find_disk_formatter(const Root& root) {
  if (auto why = find_local_disk_formatter(root); !why.empty()) return why;
  const bool agent = std::ranges::any_of(
      kWaagentUnits, [&](auto unit) { return is_unit_enabled(root, std::string(unit)); });
  const auto text = root.read_if_exists(kWaagentConf, kConfigLimit);
  if (agent && text && *text && has_waagent_switch(**text, "ResourceDisk.Format"))
    return "WALinuxAgent sets it up (ResourceDisk.Format=y in /etc/waagent.conf)";
  return {};
}

std::string find_disk_grower(const Root& root) {
  for (const std::string directory : {"/etc/repart.d", "/run/repart.d", "/usr/lib/repart.d"}) {
    const auto names = root.list(directory);
    if (names && std::ranges::any_of(*names, [](const auto& n) { return n.ends_with(".conf"); }))
      return "systemd-repart grows it, as defined in " + directory;
  }
  return {};
}

}  // namespace azl::provision
