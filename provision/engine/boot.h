// One run of one stage: what it has to work with, and what it has found and done so far.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process.h"
#include "base/root.h"
#include "disk/plan/disk_plan.h"
#include "imds/http.h"
#include "provision/accounts/host_keys.h"
#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/plan.h"
#include "provision/record/record.h"
#include "provision/record/words.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// What has changed in the network since its files were written, for a VM that was provisioned on
/// an earlier boot. provision/network.h finds it.
struct NetworkNews {
  std::string why = {};  ///< a sentence; empty: nothing has changed
  bool ask = false;      ///< there is a NIC of which IMDS has not said anything yet
  bool write = false;    ///< a file that follows from what is remembered is missing, or differs
};

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

/// The seams to the machine. All outlive the Boot.
struct Machine {
  const Root& root;
  Clock& clock;
  Processes& processes;
  imds::HttpClient& http;
};

/// The state of a run. Steps read and write it; nothing else does.
struct Boot {
  Machine machine;
  Stage stage;
  Config config = {};
  Facts facts = {};
  Plan plan = {};
  State state = {};
  StageRecord record = {};
  imds::AttemptLog attempts = {};
  std::unique_ptr<Processes> tools =
      {};  ///< the machine's programs, each noted in the record; made by run_steps
  std::unique_ptr<HostKeyJob> host_keys = {};  ///< while keys are being made
  Secret ovf_text = {};                 ///< the media's bytes, for other agents after redaction
  std::string media_device = {};        ///< to be ejected; empty: none
  std::string wireserver_url = {};      ///< empty: a root tree, nobody is told
  std::optional<Account> account = {};  ///< the admin user, once it stands
  NetworkNews network_news = {};
  DisksLook disks = {};
  std::optional<Error> failure = {};  ///< the first fatal one; set by fail_boot
  bool decided = false;               ///< there is a plan
  bool resumed = false;               ///< a run of this stage was killed on this boot
  bool handed_over = false;           ///< what other agents look for is there

  /// The VM was provisioned before this stage began.
  [[nodiscard]] bool done_before() const {
    return facts.state.provisioned.has_value() &&
           imds::same_vm(facts.state.vm_id, facts.identity.vm_id);
  }
  /// Ends the provisioning with a failure that is told, and sees to it that there is a plan by
  /// which the machine is closed. A second one is recorded beside the first.
  void fail_boot(Error error, std::string_view step);
  /// Records that something was not as wanted while the step itself went on; `device`: the disk
  /// that it is about.
  void find(Severity severity, const Error& error, std::string_view step,
            std::string_view device = {});
};

}  // namespace azl::provision
