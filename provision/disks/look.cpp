#include "provision/disks/look.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/text.h"
#include "disk/describe.h"
#include "disk/fstab.h"
#include "disk/inventory.h"
#include "disk/mount_point.h"
#include "disk/nvme_identify.h"
#include "disk/reformat_rules.h"
#include "disk/usage.h"
#include "provision/disks/carry_out.h"
#include "provision/gather/gather.h"
#include "provision/store/disks.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
using disk::Disk;
using disk::DiskKind;
using disk::DiskOptions;

constexpr std::size_t kConfigLimit = 1 << 20;
const std::string kLooking = std::string(kRunDirectory) + "/disks.looking";  // for the udev rule

/// The paths where the configuration may want something mounted.
std::set<std::string> wanted_points(const std::vector<Disk>& disks, const DiskOptions& options) {
  std::set<std::string> points;
  if (options.resource_disk) points.insert(options.mount_point);
  if (options.local_disks == DiskOptions::Local::kEach) {
    for (const auto& each : disks) {
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

/// Azure's own NTFS on the resource disk is looked into, and a file system that an earlier boot
/// began: whether there are files decides.
void look_into(const Machine& machine, const disk::DiskHistory& memory, Disk& disk) {
  if (disk.partitions.empty()) return;
  auto& partition = disk.partitions.front();
  const bool azures = disk.kind == DiskKind::kResource && disk.partitions.size() == 1 &&
                      partition.content.type == "ntfs";
  const bool begun =
      memory.find_unfinished(partition.uuid) != nullptr && !partition.content.type.empty();
  if (partition.use.any() || (!azures && !begun)) return;
  const auto types = disk::kernel_types(partition.content);
  auto entries = disk::read_entries(machine.root, partition.device, types,
                                    Deadline(machine.clock, disk::kEntriesTime));
  if (entries)
    partition.entries = std::move(*entries);
  else if (disk::kernel_supports(machine.root, types))
    partition.entries_error = entries.error().to_string();
}

/// What is at a path where something may be mounted; a line of the user's in fstab has it.
disk::PointState point_state(const Root& root, const std::string& point, std::string_view fstab) {
  const auto state = disk::read_point_state(root, point).value_or(disk::PointState::kNoDirectory);
  const bool claimed =
      disk::add_fstab_line(fstab, {.what = "none", .mount_point = point, .type = "auto"}).taken();
  return state == disk::PointState::kFree && claimed ? disk::PointState::kClaimed : state;
}

template <class T>
T take(Result<T> result, DisksLook& look) {
  if (result) return std::move(*result);
  look.unread.push_back(std::move(result.error()));
  return {};
}

/// A line "Key=value" or "Key = value" of waagent.conf; white space and case of y and n aside.
bool waagent_says(std::string_view text, std::string_view key) {
  bool yes = false;
  for (const auto line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || trim(line.substr(0, equals)) != key) continue;
    yes = lower(trim(line.substr(equals + 1))) == "y";
  }
  return yes;
}

std::string used_in_words(const disk::Use& use) {
  std::vector<std::string> words;
  for (const auto& point : use.mounted_at) words.push_back("at " + printable(point));
  if (use.swap) words.emplace_back("swap");
  for (const auto& holder : use.holders) words.push_back("in " + printable(holder));
  return words.empty() ? "" : " (" + join(words, ", ") + ")";
}

/// What is in use is not always looked into: then who uses it is all there is to say.
std::string in_words(const disk::Content& content, const disk::Use& use) {
  const bool unseen = use.any() && content == disk::Content{};
  return (unseen ? std::string() : " " + disk::describe_content(content)) + used_in_words(use);
}

/// Waits until udev has made the links of the disks that are here. From the first time on its rule
/// starts a run for each disk that comes; the rule may have looked for the file just before, so
/// what it looked at then is waited for, too.
void wait_for_udev(const Machine& machine) {
  (void)settle_devices(machine.processes, machine.clock);  // a driver may be loaded late
  if (machine.root.exists(kLooking)) return;
  (void)machine.root.write(kLooking, "", {.mode = 0600, .durable = false});
  (void)settle_devices(machine.processes, machine.clock);
}

}  // namespace

std::string find_local_disk_formatter(const Root& root) {
  return is_unit_enabled(root, "azure-ephemeral-disk-setup.service")
             ? "azure-ephemeral-disk-setup.service is enabled, which sets it up"
             : std::string();
}

std::string find_disk_formatter(const Root& root) {
  if (auto why = find_local_disk_formatter(root); !why.empty()) return why;
  const bool agent =
      is_unit_enabled(root, "waagent.service") || is_unit_enabled(root, "walinuxagent.service");
  const auto text = root.read_if_exists("/etc/waagent.conf", kConfigLimit);
  if (agent && text && *text && waagent_says(**text, "ResourceDisk.Format"))
    return "WALinuxAgent sets it up (ResourceDisk.Format=y in /etc/waagent.conf)";
  return {};
}

std::string find_disk_grower(const Root& root) {
  for (const std::string directory : {"/etc/repart.d", "/run/repart.d", "/usr/lib/repart.d"}) {
    const auto names = root.list(directory);
    if (names && std::ranges::any_of(*names, [](const auto& n) { return n.ends_with(".conf"); }))
      return "systemd-repart grows it, by " + directory;
  }
  return {};
}

DisksLook look_at_disks(const Machine& machine, const Config& config) {
  DisksLook look;
  const Root& root = machine.root;
  const auto& options = config.disk;
  if (!root.live() || !options.any()) return look;
  wait_for_udev(machine);
  auto& facts = look.facts;
  facts.history = take(load_disk_memory(root), look);
  if (!look.unread.empty()) facts.history.incomplete = true;
  const auto wanted = [&](const Disk& disk) {
    return disk::needs_reading(disk, options, facts.history);
  };
  facts.disks =
      take(disk::read_disks(root, options.local_models,
                            {.needs_content = wanted, .read_identify = disk::read_identify}),
           look);
  for (auto& each : facts.disks) look_into(machine, facts.history, each);
  const auto grows = [&](const Disk& disk) { return disk.kind == DiskKind::kOs && wanted(disk); };
  if (std::ranges::any_of(facts.disks, grows)) {
    facts.root = take(disk::read_root_file_system(root), look);
    facts.other_grower = find_disk_grower(root);
  }
  const auto fstab = take(disk::read_fstab(root), look);
  for (const auto& point : wanted_points(facts.disks, options))
    facts.points[point] = point_state(root, point, fstab);
  facts.other_local_formatter = find_local_disk_formatter(root);
  facts.other_formatter = find_disk_formatter(root);
  look.actions = disk::plan_disks(facts, options);
  return look;
}

std::vector<Disk> DisksLook::disks_of(const disk::DiskAction& action) const {
  std::vector<Disk> found;
  std::ranges::copy_if(facts.disks, std::back_inserter(found), [&](const Disk& each) {
    return each.device == action.device ||
           std::ranges::find(action.members, each.device) != action.members.end();
  });
  return found;
}

std::vector<Disk> DisksLook::left() const {
  std::set<std::string> worked_on;
  for (const auto& action : actions) {
    if (action.act == disk::Act::kLeave) continue;
    for (const auto& each : disks_of(action)) worked_on.insert(each.device);
  }
  std::vector<Disk> found;
  std::ranges::copy_if(facts.disks, std::back_inserter(found), [&](const Disk& each) {
    return is_for(each.device) && !worked_on.contains(each.device);
  });
  return found;
}

std::vector<std::string> done_before(const std::vector<DiskRecord>& told,
                                     const std::string& device) {
  const auto found = std::ranges::find(told, device, &DiskRecord::device);
  if (found == told.end()) return {};
  auto done = found->decisions;
  std::erase_if(done, [](const auto& decision) { return decision.starts_with("leave "); });
  return done;
}

std::string content_in_words(const Disk& disk) {
  if (!disk.error.empty()) return disk.error;
  if (disk.table.empty() && disk.partitions.empty())
    return disk.zeroed && disk.content.type.empty() && !disk.content.unclear
               ? "blank" + used_in_words(disk.use)
               : disk::describe_content(disk.content) + used_in_words(disk.use);
  std::vector<std::string> parts;
  for (const auto& partition : disk.partitions)
    parts.push_back(std::to_string(partition.number) + in_words(partition.content, partition.use));
  const auto table = disk.table.empty() ? std::string("partitions") : disk.table;
  return (disk.table_unclear ? "damaged " : "") + table + ": " +
         (parts.empty() ? "no partition" : join(parts, ", "));
}

Result<Said> tell_disks(Boot& boot) {
  if (!boot.machine.root.live())
    return Said{Said::kSkipped, "root tree: its disks are not its own"};
  const auto& look = boot.disks;
  for (const auto& error : look.unread) boot.find(Severity::kDegraded, error, "disks");
  std::size_t used = 0;
  for (const auto& each : look.facts.disks) {
    DiskRecord record{.device = each.device,
                      .kind = std::string(disk::to_string(each.kind)),
                      .why = each.why,
                      .number = each.number,
                      .size = each.size,
                      .decisions = done_before(look.told, each.device)};
    const bool looked = disk::needs_reading(each, boot.config.disk, look.facts.history);
    if (looked || disk::is_used(each)) record.found = content_in_words(each);
    const auto told = std::ranges::find(look.told, each.device, &DiskRecord::device);
    if (!look.is_for(each.device) && told != look.told.end()) {
      record.found = told->found;
      record.decisions = told->decisions;
    }
    boot.record.disks.push_back(std::move(record));
    used += looked ? 1 : 0;
  }
  // Arrays that this run does not bring up, and LUNs without a disk.
  const bool stripes = std::ranges::any_of(
      look.actions, [](const auto& action) { return action.act == disk::Act::kStripe; });
  for (const auto& each : look.told) {
    const bool array = each.kind == disk::to_string(DiskKind::kArray);
    const bool holds = array ? !stripes : !each.device.starts_with("/dev/");
    if (!look.late.empty() && holds) boot.record.disks.push_back(each);
  }
  for (const auto& action : look.actions) record_decision(boot, action);
  const auto count = look.facts.disks.size();
  return Said{Said::kDone, std::to_string(count) + (count == 1 ? " disk" : " disks") +
                               ", of which " + std::to_string(used) + " looked into"};
}

}  // namespace azl::provision
