#include "provision/disks/carry_out.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "base/match.h"
#include "base/text.h"
#include "disk/mount_point.h"
#include "provision/disks/array.h"
#include "provision/disks/format.h"
#include "provision/disks/growth.h"
#include "provision/disks/mount.h"
#include "provision/disks/swap.h"
#include "provision/store/disks.h"

namespace azl::provision {
namespace {

using disk::Disk;
using disk::DiskAction;
namespace act = disk::act;

using Chain = std::vector<DiskAction>;  ///< the actions for one device, in order

/// The programs that an action runs.
std::vector<std::string> tools_of(const DiskAction& action) {
  using Tools = std::vector<std::string>;
  return match(
      action.act, [](const act::Leave&) { return Tools{}; },
      [](const act::Grow&) { return Tools{}; }, [](const act::Adopt&) { return Tools{}; },
      [](const act::Mount&) { return Tools{}; },
      [](const act::Format& format) {
        Tools tools{"mkfs." + format.file_system};
        if (format.swap_size > 0) tools.emplace_back("mkswap");
        return tools;
      },
      [](const act::Stripe&) { return Tools{"mdadm"}; },
      [](const act::Swap&) { return Tools{"mkswap", "swapon"}; });
}

/// Detects missing programs before anything is written: otherwise a later boot would have to judge
/// what was left unfinished.
Result<void> check_tools(const Chain& chain) {
  for (const auto& action : chain) {
    for (const auto& tool : tools_of(action)) {
      const bool found = std::ranges::any_of(
          std::array{"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"},
          [&](const char* directory) { return ::access((directory + tool).c_str(), X_OK) == 0; });
      if (!found) return fail(Reason::kToolMissing, "there is no " + tool);
    }
  }
  return {};
}

/// Carries out the actions for one device.
class ChainRun {
 public:
  ChainRun(const Context& context, DisksRun& run, Recorder& recorder)
      : context_(context), run_(run), recorder_(recorder) {}

  /// Returns what was done, "mount /dev/sdb partition 1 at /mnt, …". Errors: those of the first
  /// action that failed.
  Result<std::string> run(const Chain& chain);

 private:
  Result<void> check_mount_points(const Chain& chain);
  Result<void> run_action(const DiskAction& action);
  Result<void> format(const std::string& device, const act::Format& format);
  Result<void> grow(const std::string& device, const act::Grow& grow);
  Result<void> stripe(const act::Stripe& stripe);
  Result<void> adopt(const std::string& device, const act::Adopt& adopt);
  Result<void> swap(const std::string& device, const act::Swap& swap);
  /// The disk with this device. Errors: kDisk if there is none.
  [[nodiscard]] Result<Disk> find_disk(const std::string& device) const;
  /// The device of a partition; the whole disk's if `partition` is 0.
  [[nodiscard]] std::string find_device(const std::string& device, int partition) const;

  const Context& context_;
  DisksRun& run_;
  Recorder& recorder_;
  MadeOnDisk made_;
  std::string fstab_copy_;  ///< path of the copy of /etc/fstab that an adoption made
  bool mounted_ = false;    ///< it was mounted after the decision, but not by this run
};

Result<Disk> ChainRun::find_disk(const std::string& device) const {
  const Disk* disk = run_.find_disk(device);
  if (disk == nullptr) return fail(Reason::kDisk, "it is gone");
  return *disk;
}

std::string ChainRun::find_device(const std::string& device, int partition) const {
  if (partition == 0) return device;
  if (const auto made = made_.partitions.find(partition); made != made_.partitions.end())
    return made->second;
  const Disk* disk = run_.find_disk(device);
  if (disk == nullptr) return {};
  const auto found = std::ranges::find(disk->partitions, partition, &disk::Partition::number);
  return found == disk->partitions.end() ? std::string() : found->device;
}

/// Checks that the disk can be mounted before anything is written to it. If it only has to be
/// mounted, /etc/fstab may have done that meanwhile.
Result<void> ChainRun::check_mount_points(const Chain& chain) {
  const bool formats = std::ranges::any_of(
      chain, [](const auto& action) { return action.template is<act::Format>(); });
  for (const auto& action : chain) {
    const auto* mount = action.as<act::Mount>();
    if (mount == nullptr) continue;
    const auto state = OR_RETURN(disk::read_point_state(context_.root(), mount->mount_point));
    mounted_ = state == disk::PointState::kMounted && !formats;
    if (state != disk::PointState::kFree && !mounted_)
      return fail(Reason::kDisk,
                  mount->mount_point + " " + std::string(disk::describe_point_state(state)));
  }
  return {};
}

Result<std::string> ChainRun::run(const Chain& chain) {
  OR_RETURN(check_mount_points(chain));
  OR_RETURN(check_tools(chain));
  std::vector<std::string> done;
  for (const auto& action : chain) {
    if (action.is<act::Leave>() || (action.is<act::Mount>() && mounted_)) continue;
    auto description = disk::describe_action(action);
    OR_RETURN(run_action(action), description);
    if (action.is<act::Adopt>()) description += " (the file as it was: " + fstab_copy_ + ")";
    done.push_back(std::move(description));
  }
  return done.empty() ? "it is mounted by now" : join(done, ", ");
}

Result<void> ChainRun::run_action(const DiskAction& action) {
  const auto& device = action.device;
  return match(
      action.act, [](const act::Leave&) { return Result<void>(); },
      [&](const act::Grow& one) { return grow(device, one); },
      [&](const act::Format& one) { return format(device, one); },
      [&](const act::Stripe& one) { return stripe(one); },
      [&](const act::Adopt& one) { return adopt(device, one); },
      [&](const act::Mount& one) {
        return mount_device(context_, find_device(device, one.partition), one);
      },
      [&](const act::Swap& one) { return swap(device, one); });
}

Result<void> ChainRun::format(const std::string& device, const act::Format& format) {
  const auto disk = OR_RETURN(find_disk(device));
  made_ = OR_RETURN(format_disk(context_, disk, format, run_.facts));
  return {};
}

Result<void> ChainRun::grow(const std::string& device, const act::Grow& grow) {
  const auto disk = OR_RETURN(find_disk(device));
  return grow_disk(context_, disk, find_device(device, grow.partition), grow, run_.facts.history);
}

/// Brings up the array, records it, and carries out what is decided for it.
Result<void> ChainRun::stripe(const act::Stripe& stripe) {
  const auto array = OR_RETURN(bring_up_array(context_, stripe, run_.facts));
  run_.facts.disks.push_back(array);
  auto& record = recorder_.record();
  record.disks.push_back({.device = array.device,
                          .kind = std::string(disk::to_string(array.kind)),
                          .why = array.why,
                          .size = array.size,
                          .found = describe_layout(array),
                          .decisions = find_earlier_work(run_.earlier_disks, array.device)});
  const auto chain = disk::plan_array(array, run_.facts, context_.config.disk);
  for (const auto& action : chain) record_decision(action, record);
  OR_RETURN(run(chain));
  return {};
}

Result<void> ChainRun::adopt(const std::string& device, const act::Adopt& adopt) {
  fstab_copy_ = OR_RETURN(adopt_fstab_line(context_, find_device(device, adopt.partition), adopt));
  return {};
}

Result<void> ChainRun::swap(const std::string& device, const act::Swap& swap) {
  if (made_.swap_error) return std::unexpected(*made_.swap_error);
  return activate_swap(context_, find_device(device, swap.partition), swap, run_.facts.history);
}

/// The actions of each device, in their order.
std::vector<Chain> split_by_device(const std::vector<DiskAction>& actions) {
  std::vector<Chain> chains;
  for (const auto& action : actions) {
    const auto found = std::ranges::find_if(
        chains, [&](const auto& chain) { return chain.front().device == action.device; });
    if (found == chains.end())
      chains.push_back({action});
    else
      found->push_back(action);
  }
  return chains;
}

/// Marks unfinished work on these disks as failed: this run does not resume it.
void mark_failed(const Context& context, DisksRun& run, const std::vector<Disk>& disks,
                 Recorder& recorder) {
  auto saved = mark_failed_and_save(context.root(), run.facts.history, disks);
  if (!saved) recorder.record_finding(Severity::kDegraded, saved.error());
}

/// Carries out the chains whose first action fits.
template <class Fits>
StepEnd run_chains(const Context& context, DisksRun& run, Recorder& recorder, Fits fits) {
  std::vector<std::string> ends;
  std::vector<std::string> failed;
  for (const auto& chain : split_by_device(run.actions)) {
    const auto& first = chain.front();
    if (first.is<act::Leave>() || !fits(first)) continue;
    auto ran = ChainRun(context, run, recorder).run(chain);
    if (ran) {
      ends.push_back(std::move(*ran));
    } else {
      failed.push_back(first.device);
      recorder.record_finding(
          Severity::kDegraded,
          Error(Reason::kDisk, ran.error().to_string()).with_context("setting up " + first.device),
          first.device);
    }
    // Before the next chain, which may take minutes.
    mark_failed(context, run, run.disks_of(first), recorder);
  }
  if (ends.empty() && failed.empty()) return skipped("there is nothing to do");
  const bool changed = !ends.empty();
  if (!failed.empty()) ends.push_back("it failed for " + join(failed, ", "));
  return done_if(changed, join(ends, "; "));
}

/// Removes the lines of /etc/fstab that this program wrote on earlier boots and needs no longer.
Result<void> tidy_fstab(const Context& context, const DisksRun& run) {
  if (!run.late_disks.empty()) return {};  // the other disks' mount points are not known
  const auto& options = context.config.disk;
  std::vector<std::string> kept;
  if (run.facts.resource_line || options.resource)
    kept.push_back(disk::resource_point(run.facts, options));
  for (const auto& action : run.actions) {
    const auto* mount = action.as<act::Mount>();
    if (mount != nullptr && mount->fstab) kept.push_back(mount->mount_point);
  }
  if (options.mounts == disk::DiskOptions::Mounts::kFstab) {
    for (const auto& [point, state] : run.facts.points) {
      if (state == disk::PointState::kMounted) kept.push_back(point);
    }
  }
  return remove_stale_fstab_lines(context, kept);
}

/// Tells where a disk stays as it is although custom data asks for more.
void report_refused(const DisksRun& run, Recorder& recorder) {
  for (const auto& action : run.actions) {
    const auto* leave = action.as<act::Leave>();
    if (leave == nullptr || !leave->custom_data || !run.covers(action.device)) continue;
    recorder.record_finding(Severity::kDegraded,
                            Error(Cause::kCustomDataDiskLeft, action.why)
                                .with_context("custom data asks for " + action.device),
                            action.device);
  }
}

}  // namespace

StepResult grow_os_disk(const Context& context, DisksRun& run, Recorder& recorder) {
  return run_chains(context, run, recorder,
                    [](const DiskAction& action) { return action.is<act::Grow>(); });
}

StepResult set_up_disks(const Context& context, DisksRun& run, Recorder& recorder) {
  const auto& undecided = context.config.disk.undecided;
  if (!undecided.empty()) return skipped(undecided);
  report_refused(run, recorder);
  if (auto tidied = tidy_fstab(context, run); !tidied)
    recorder.record_finding(Severity::kDegraded,
                            std::move(tidied.error()).with_context("tidying /etc/fstab"));
  mark_failed(context, run, run.untouched_disks(), recorder);
  return run_chains(context, run, recorder,
                    [](const DiskAction& action) { return !action.is<act::Grow>(); });
}

}  // namespace azl::provision
