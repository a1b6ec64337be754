// The disks stage: what there is, what is to be done, and the steps that do it.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "disk/plan/disk_plan.h"
#include "provision/record/record.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// What the disks stage found, and what it means to do.
struct DisksLook {
  disk::DiskFacts facts = {};
  std::vector<disk::DiskAction> actions = {};
  std::vector<Error> unread = {};  ///< what could not be looked at
  /// What an earlier run of this boot told, before a disk came late: none on the first.
  std::vector<DiskRecord> told = {};
  std::vector<FindingRecord> warned = {};  ///< of what that one found, what still holds
  /// The disks that came late, "/dev/sdd": what is about no other is done; empty: all disks.
  std::set<std::string> late = {};
  /// Whether there is nothing to do, and nothing to be told again.
  [[nodiscard]] bool idle() const {
    return unread.empty() && std::ranges::all_of(actions, [](const auto& action) {
             return action.act == disk::Act::kLeave && action.settled;
           });
  }
  /// Whether every disk that this run is for was told of by an earlier run of this boot, as what
  /// it is: udev may not have made its links by then.
  [[nodiscard]] bool all_told() const {
    return std::ranges::all_of(facts.disks, [&](const auto& each) {
      return !is_for(each.device) || std::ranges::any_of(told, [&](const auto& one) {
        return one.device == each.device && one.kind == disk::to_string(each.kind) &&
               one.number == each.number && one.size == each.size;
      });
    });
  }
  /// The disk with that device; null: it is not here.
  [[nodiscard]] const disk::Disk* find(const std::string& device) const {
    const auto found = std::ranges::find(facts.disks, device, &disk::Disk::device);
    return found == facts.disks.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool is_for(const std::string& device) const {
    return late.empty() || late.contains(device);
  }
  /// The disks that an action is about.
  [[nodiscard]] std::vector<disk::Disk> disks_of(const disk::DiskAction& action) const;
  /// The disks that this run is for and does nothing with.
  [[nodiscard]] std::vector<disk::Disk> left() const;
};

/// What the steps of the disks stage read and write.
struct DiskRun {
  const Context& context;
  DisksLook& disks;
  Recorder& recorder;
};

/// Reads the disks that the configuration has a use for, where they may be mounted, and what is
/// remembered; and decides. Of a tree nothing: its /dev may be this machine's.
[[nodiscard]] DisksLook look_at_disks(const Machine& machine, const Config& config);

/// Which other program formats local disks here, as a sentence; empty: none.
/// azure-ephemeral-disk-setup.service of azure-vm-utils, where it is enabled.
[[nodiscard]] std::string find_local_disk_formatter(const Root& root);
/// The same of the resource disk: that one, or WALinuxAgent with ResourceDisk.Format=y, where it is
/// enabled.
[[nodiscard]] std::string find_disk_formatter(const Root& root);
/// Which other program grows the OS disk, as a sentence; empty: none. systemd-repart, where it has
/// definitions.
[[nodiscard]] std::string find_disk_grower(const Root& root);

/// What is on a disk, in words: "gpt: 1 vfat 'ESP', 2 ext4". Pure.
[[nodiscard]] std::string content_in_words(const disk::Disk& disk);

/// What an earlier run of this boot did to a disk: a later run's record takes the place of that
/// one's. Pure.
[[nodiscard]] std::vector<std::string> done_before(const std::vector<DiskRecord>& told,
                                                   const std::string& device);

/// Puts what was found and decided into the record.
[[nodiscard]] StepResult tell_disks(const Context& context, DisksLook& disks, Recorder& recorder);
/// Grows the OS disk's last partition and its file system, and remembers to which size.
[[nodiscard]] StepResult grow_os_disk(const Context& context, DisksLook& disks, Recorder& recorder);
/// Carries out the rest. What fails on one disk is degraded, and the others are set up all the
/// same.
[[nodiscard]] StepResult set_up_disks(const Context& context, DisksLook& disks, Recorder& recorder);

}  // namespace azl::provision
