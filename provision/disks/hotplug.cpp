#include "provision/disks/hotplug.h"

#include <algorithm>
#include <utility>

#include "base/sysfs.h"
#include "base/text.h"
#include "disk/inventory.h"
#include "disk/sysfs.h"
#include "provision/record/record.h"

namespace azl::provision {
namespace {

using Devices = std::set<std::string>;

constexpr std::size_t kSeenLimit = 1 << 20;
const std::string kSeenDisks = std::string(kRunDirectory) + "/disks.seen";

std::set<std::uint64_t> read_seen(const Root& root) {
  const auto text = root.read_if_exists(kSeenDisks, kSeenLimit);
  std::set<std::uint64_t> seen;
  if (!text || !*text) return seen;
  for (const auto line : split(**text, '\n')) {
    if (const auto number = parse_number(line); number.value_or(0) != 0) seen.insert(*number);
  }
  return seen;
}

/// The late disk, and those for which no run was.
Devices late_disks(const DisksLook& look, const EarlierRuns& earlier,
                   const std::string& late_disk) {
  Devices late = {disk::node_of(late_disk)};
  for (const auto& each : look.facts.disks) {
    if (each.sequence != 0 && !earlier.seen.contains(each.sequence)) late.insert(each.device);
  }
  return late;
}

/// Whether what was told of a device is not about what has its name now.
bool is_outdated(const DiskRecord& told, const Devices& late, const DisksLook& look) {
  // What was told of another disk under its name.
  if (const auto* here = look.find(told.device); here != nullptr)
    return here->sequence != 0 && late.contains(told.device);
  // What was told of a LUN without a disk, which has one now.
  return !told.device.starts_with("/dev/") &&
         std::ranges::find(look.actions, told.device, &disk::DiskAction::device) ==
             look.actions.end();
}

/// Whether an action is about a late disk; what is settled is told of any.
bool is_about(const disk::DiskAction& action, const Devices& late) {
  const auto is_late = [&](const std::string& device) { return late.contains(device); };
  return (action.act == disk::Act::kLeave && action.settled) || is_late(action.device) ||
         std::ranges::any_of(action.members, is_late);
}

/// Whether a finding of an earlier run still holds: what is about another disk that is still here,
/// or an array that this run does not bring up.
bool still_holds(const FindingRecord& finding, const DisksLook& look) {
  if (finding.device.empty()) return false;
  const bool again = std::ranges::any_of(look.actions, [&](const auto& action) {
    return action.act != disk::Act::kLeave && action.device == finding.device;
  });
  const bool array = finding.device.starts_with("/dev/md");
  const bool other = look.find(finding.device) != nullptr && !look.is_for(finding.device);
  return !again && (array || other);
}

}  // namespace

EarlierRuns read_earlier_runs(const Root& root) {
  EarlierRuns earlier{.seen = read_seen(root)};
  if (auto record = kept_record(root, boot_id_of(root), Stage::kDisks)) {
    earlier.told = std::move(record->disks);
    earlier.found = std::move(record->findings);
  }
  return earlier;
}

DisksLook go_on_from(EarlierRuns earlier, const std::string& late_disk, DisksLook look) {
  look.told = std::move(earlier.told);
  if (late_disk.empty()) return look;
  auto late = late_disks(look, earlier, late_disk);
  std::erase_if(look.told, [&](const auto& told) { return is_outdated(told, late, look); });
  std::erase_if(look.actions, [&](const auto& action) { return !is_about(action, late); });
  // An array is brought up with all of its disks.
  for (const auto& action : look.actions) late.insert(action.members.begin(), action.members.end());
  look.late = std::move(late);
  look.warned = std::move(earlier.found);
  std::erase_if(look.warned, [&](const auto& finding) { return !still_holds(finding, look); });
  return look;
}

void remember_seen_disks(const Root& root, const DisksLook& look) {
  auto seen = look.late.empty() ? std::set<std::uint64_t>() : read_seen(root);
  for (const auto& each : look.facts.disks) {
    if (each.sequence != 0 && look.is_for(each.device)) seen.insert(each.sequence);
  }
  std::string text;
  for (const auto sequence : seen) text += std::to_string(sequence) + "\n";
  // If it can't be written, the disks are looked at again, which changes nothing.
  (void)root.write(kSeenDisks, text, {.mode = 0600, .durable = false});
}

bool was_disk_seen(const Root& root, const std::string& name) {
  return read_seen(root).contains(disk::disk_sequence(root, name));
}

bool was_swapped(const Root& root, const std::string& late_disk) {
  return !late_disk.empty() && disk::disk_sequence(root, late_disk) != 0 &&
         !was_disk_seen(root, late_disk);
}

}  // namespace azl::provision
