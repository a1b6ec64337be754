#include "provision/disks/hotplug.h"

#include <algorithm>
#include <utility>

#include "base/sysfs.h"
#include "base/text.h"
#include "disk/inventory.h"
#include "disk/sysfs.h"

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

/// The late disk, and those that no earlier run was for.
Devices find_late_disks(const DisksRun& run, const EarlierRuns& earlier,
                        const std::string& late_disk) {
  Devices late = {disk::node_of(late_disk)};
  for (const auto& each : run.facts.disks) {
    if (each.sequence != 0 && !earlier.seen.contains(each.sequence)) late.insert(each.device);
  }
  return late;
}

/// Whether an earlier record is not about what has its name now.
bool is_outdated(const DiskRecord& record, const Devices& late, const DisksRun& run) {
  // Another disk had the name.
  if (const auto* disk = run.find_disk(record.device); disk != nullptr)
    return disk->sequence != 0 && late.contains(record.device);
  // A LUN had no disk, and has one now.
  return !record.device.starts_with("/dev/") &&
         std::ranges::find(run.actions, record.device, &disk::DiskAction::device) ==
             run.actions.end();
}

/// Whether an action belongs to a run for late disks. Settled disks do, whichever they are.
bool belongs_to(const disk::DiskAction& action, const Devices& late) {
  const auto* leave = action.as<disk::act::Leave>();
  return (leave != nullptr && leave->settled) ||
         std::ranges::any_of(devices_of(action),
                             [&](const auto& device) { return late.contains(device); });
}

/// Whether a finding of an earlier run still holds: it is about another disk that is still there,
/// an array that this run does not bring up, or what custom data asked for.
bool still_holds(const FindingRecord& finding, const DisksRun& run) {
  if (finding.device.empty()) return false;
  const bool done_again = std::ranges::any_of(run.actions, [&](const auto& action) {
    return !action.template is<disk::act::Leave>() && action.device == finding.device;
  });
  const bool array = finding.device.starts_with("/dev/md");
  const bool other = run.find_disk(finding.device) != nullptr && !run.covers(finding.device);
  // Custom data asked once, and no later run does it.
  const bool told_once =
      finding.cause == to_string(Cause::kCustomDataDiskLeft) && !run.covers(finding.device);
  return !done_again && (array || other || told_once);
}

}  // namespace

EarlierRuns read_earlier_runs(const Root& root) {
  EarlierRuns earlier{.seen = read_seen(root)};
  if (auto record = kept_record(root, boot_id_of(root), Stage::kDisks)) {
    earlier.disks = std::move(record->disks);
    earlier.findings = std::move(record->findings);
  }
  return earlier;
}

DisksRun continue_from(EarlierRuns earlier, const std::string& late_disk, DisksRun run) {
  run.earlier_disks = std::move(earlier.disks);
  if (late_disk.empty()) return run;
  auto late = find_late_disks(run, earlier, late_disk);
  std::erase_if(run.earlier_disks,
                [&](const auto& record) { return is_outdated(record, late, run); });
  std::erase_if(run.actions, [&](const auto& action) { return !belongs_to(action, late); });
  // An array is brought up with all of its disks.
  for (const auto& action : run.actions) {
    if (const auto* stripe = action.as<disk::act::Stripe>())
      late.insert(stripe->members.begin(), stripe->members.end());
  }
  run.late_disks = std::move(late);
  run.earlier_findings = std::move(earlier.findings);
  std::erase_if(run.earlier_findings,
                [&](const auto& finding) { return !still_holds(finding, run); });
  return run;
}

void save_seen_disks(const Root& root, const DisksRun& run) {
  auto seen = run.late_disks.empty() ? std::set<std::uint64_t>() : read_seen(root);
  for (const auto& each : run.facts.disks) {
    if (each.sequence != 0 && run.covers(each.device)) seen.insert(each.sequence);
  }
  std::string text;
  for (const auto sequence : seen) text += std::to_string(sequence) + "\n";
  // If it cannot be written, the disks are looked at again, which is harmless.
  (void)root.write(kSeenDisks, text, {.mode = 0600, .durable = false});
}

bool was_disk_seen(const Root& root, const std::string& name) {
  return read_seen(root).contains(disk::disk_sequence(root, name));
}

bool was_replaced(const Root& root, const std::string& late_disk) {
  return !late_disk.empty() && disk::disk_sequence(root, late_disk) != 0 &&
         !was_disk_seen(root, late_disk);
}

}  // namespace azl::provision
