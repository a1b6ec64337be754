#include "provision/disks/look.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "disk/describe.h"
#include "disk/reformat_rules.h"

namespace azl::provision {
namespace {

using disk::Disk;
using disk::DiskKind;

/// " (at /mnt, in md127)"; empty if nobody uses it.
std::string describe_users(const disk::Use& use) {
  std::vector<std::string> words;
  for (const auto& point : use.mounted_at) words.push_back("at " + printable(point));
  if (use.swap) words.emplace_back("swap");
  for (const auto& holder : use.holders) words.push_back("in " + printable(holder));
  return words.empty() ? "" : " (" + join(words, ", ") + ")";
}

/// Content that is in use may not have been read: then its users are all that is known.
std::string describe_partition(const disk::Partition& partition) {
  const bool unread = partition.use.any() && partition.content == disk::Content{};
  return std::to_string(partition.number) +
         (unread ? std::string() : " " + disk::describe_content(partition.content)) +
         describe_users(partition.use);
}

bool is_same_disk(const DiskRecord& record, const Disk& disk) {
  return record.device == disk.device && record.kind == disk::to_string(disk.kind) &&
         record.number == disk.number && record.size == disk.size;
}

DiskRecord record_of(const Disk& disk, bool was_read, const DisksRun& run) {
  DiskRecord record{.device = disk.device,
                    .kind = std::string(disk::to_string(disk.kind)),
                    .why = disk.why,
                    .number = disk.number,
                    .size = disk.size,
                    .decisions = find_earlier_work(run.earlier_disks, disk.device)};
  if (was_read || disk::is_used(disk)) record.found = describe_layout(disk);
  const auto earlier = std::ranges::find(run.earlier_disks, disk.device, &DiskRecord::device);
  if (!run.covers(disk.device) && earlier != run.earlier_disks.end()) {
    record.found = earlier->found;
    record.decisions = earlier->decisions;
  }
  return record;
}

/// The records of earlier runs, if this run is for late disks, of what is in no list of disks: an
/// array that this run does not bring up, and LUNs without a disk.
std::vector<DiskRecord> find_other_records(const DisksRun& run) {
  if (run.late_disks.empty()) return {};
  const bool has_array = std::ranges::any_of(
      run.actions, [](const auto& action) { return action.template is<disk::act::Stripe>(); });
  std::vector<DiskRecord> found;
  std::ranges::copy_if(run.earlier_disks, std::back_inserter(found), [&](const auto& each) {
    return each.kind == disk::to_string(DiskKind::kArray) ? !has_array
                                                          : !each.device.starts_with("/dev/");
  });
  return found;
}

}  // namespace

std::vector<Disk> DisksRun::disks_of(const disk::DiskAction& action) const {
  const auto devices = devices_of(action);
  std::vector<Disk> found;
  std::ranges::copy_if(facts.disks, std::back_inserter(found), [&](const Disk& each) {
    return std::ranges::find(devices, each.device) != devices.end();
  });
  return found;
}

std::vector<Disk> DisksRun::untouched_disks() const {
  std::set<std::string> touched;
  for (const auto& action : actions) {
    // A line in /etc/fstab is no work on the disk.
    if (action.is<disk::act::Leave>() || action.is<disk::act::Adopt>()) continue;
    for (auto& device : devices_of(action)) touched.insert(std::move(device));
  }
  std::vector<Disk> found;
  std::ranges::copy_if(facts.disks, std::back_inserter(found), [&](const Disk& each) {
    return covers(each.device) && !touched.contains(each.device);
  });
  return found;
}

bool DisksRun::is_idle() const {
  return read_errors.empty() && std::ranges::all_of(actions, [](const auto& action) {
           const auto* leave = action.template as<disk::act::Leave>();
           return leave != nullptr && leave->settled;
         });
}

bool DisksRun::all_recorded() const {
  return std::ranges::all_of(facts.disks, [&](const auto& disk) {
    return !covers(disk.device) || std::ranges::any_of(earlier_disks, [&](const auto& record) {
      return is_same_disk(record, disk);
    });
  });
}

DisksRun look_at_disks(const Machine& machine, const Config& config, DiskReading reading) {
  if (!machine.root.live()) return {};
  auto gathered = gather_disks(machine, config, reading);
  DisksRun run{.facts = std::move(gathered.facts), .read_errors = std::move(gathered.errors)};
  run.actions = disk::plan_disks(run.facts, config.disk);
  return run;
}

std::string describe_layout(const Disk& disk) {
  if (!disk.error.empty()) return disk.error;
  if (disk.table.empty() && disk.partitions.empty()) {
    const bool blank = disk.zeroed && disk.content.type.empty() && !disk.content.unclear;
    return (blank ? "blank" : disk::describe_content(disk.content)) + describe_users(disk.use);
  }
  std::vector<std::string> parts;
  for (const auto& partition : disk.partitions) parts.push_back(describe_partition(partition));
  const auto table = disk.table.empty() ? std::string("partitions") : disk.table;
  return (disk.table_unclear ? "damaged " : "") + table + ": " +
         (parts.empty() ? "no partition" : join(parts, ", "));
}

std::vector<std::string> find_earlier_work(const std::vector<DiskRecord>& earlier,
                                           const std::string& device) {
  const auto found = std::ranges::find(earlier, device, &DiskRecord::device);
  if (found == earlier.end()) return {};
  auto done = found->decisions;
  std::erase_if(done, [](const auto& decision) { return decision.starts_with("leave "); });
  return done;
}

void record_decision(const disk::DiskAction& action, StageRecord& record) {
  auto& disks = record.disks;
  auto found = std::ranges::find(disks, action.device, &DiskRecord::device);
  if (found == disks.end()) {
    const auto kind = action.is<disk::act::Stripe>() ? DiskKind::kArray : DiskKind::kData;
    disks.push_back({.device = action.device, .kind = std::string(disk::to_string(kind))});
    found = disks.end() - 1;
  }
  auto decision = disk::describe_action(action) + ": " + action.why;
  if (std::ranges::find(found->decisions, decision) == found->decisions.end())
    found->decisions.push_back(std::move(decision));
}

StepResult describe_disks(const Context& context, const DisksRun& run, Recorder& recorder) {
  if (!context.root().live()) return skipped("a root tree has no disks of its own");
  for (const auto& error : run.read_errors) recorder.record_finding(Severity::kDegraded, error);
  auto& record = recorder.record();
  std::size_t read = 0;
  for (const auto& disk : run.facts.disks) {
    const bool was_read = disk::needs_reading(disk, context.config.disk, run.facts.history);
    record.disks.push_back(record_of(disk, was_read, run));
    read += was_read ? 1 : 0;
  }
  std::ranges::move(find_other_records(run), std::back_inserter(record.disks));
  for (const auto& action : run.actions) record_decision(action, record);
  return done(describe_count(run.facts.disks.size(), "disk") + ", the content of " +
              std::to_string(read) + " was read");
}

}  // namespace azl::provision
