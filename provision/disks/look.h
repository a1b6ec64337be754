// What stage disks finds and decides, and its record.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "disk/plan/disk_plan.h"
#include "provision/gather/disks.h"
#include "provision/record/record.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// One run of stage disks.
struct DisksRun {
  disk::DiskFacts facts = {};
  std::vector<disk::DiskAction> actions = {};
  std::vector<Error> read_errors = {};  ///< what could not be read
  /// What earlier runs of this boot recorded. Empty for the first run.
  std::vector<DiskRecord> earlier_disks = {};
  /// Findings of earlier runs that still hold.
  std::vector<FindingRecord> earlier_findings = {};
  /// The disks that this run is for, "/dev/sdd", if it is for disks that came late. Empty: it is
  /// for all disks.
  std::set<std::string> late_disks = {};

  /// Whether this run is for the disk.
  [[nodiscard]] bool covers(const std::string& device) const {
    return late_disks.empty() || late_disks.contains(device);
  }
  /// The disk with this device; null if there is none.
  [[nodiscard]] const disk::Disk* find_disk(const std::string& device) const {
    return disk::find_disk(facts, device);
  }
  /// The disks that an action changes.
  [[nodiscard]] std::vector<disk::Disk> disks_of(const disk::DiskAction& action) const;
  /// The disks that this run is for and does not change.
  [[nodiscard]] std::vector<disk::Disk> untouched_disks() const;
  /// Whether there is nothing to do and nothing new to report.
  [[nodiscard]] bool is_idle() const;
  /// Whether earlier runs of this boot recorded each disk that this run is for, with the same kind,
  /// number and size. A kind may be new if udev had not made the disk's links by then.
  [[nodiscard]] bool all_recorded() const;
};

/// Reads the disks and decides. Returns an empty run for a tree.
[[nodiscard]] DisksRun look_at_disks(const Machine& machine, const Config& config,
                                     DiskReading reading);

/// What is on a disk: "gpt: 1 vfat 'ESP', 2 ext4 (at /)". Pure.
[[nodiscard]] std::string describe_layout(const disk::Disk& disk);

/// What earlier runs of this boot did to a disk, which belongs into the record of a later run, too:
/// it replaces theirs. Pure.
[[nodiscard]] std::vector<std::string> find_earlier_work(const std::vector<DiskRecord>& earlier,
                                                         const std::string& device);

/// Adds a decision to the record of its disk. Adds a record if the disk has none, as an array
/// before it is made.
void record_decision(const disk::DiskAction& action, StageRecord& record);

/// Step: records the disks and the decisions.
[[nodiscard]] StepResult describe_disks(const Context& context, const DisksRun& run,
                                        Recorder& recorder);

}  // namespace azl::provision
