#include "provision/tell/kvp.h"

#include <string>
#include <utility>
#include <vector>

#include "imds/kvp.h"
#include "provision/tell/kvp_events.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLockTime = 2s;  // hv_kvp_daemon may hold the pool's lock

WallTime booted_at(const Context& context) {
  const auto& clock = context.machine.clock;
  return clock.wall() - clock.now().time_since_epoch();
}

/// Returns the stages of this boot that the host has not heard of: those before `current`, also a
/// main stage that was killed, and `current`.
std::vector<StageRecord> read_stages(const Root& root, const StageRecord& current) {
  std::vector<StageRecord> stages;
  if (auto local = kept_record(root, current.boot_id, Stage::kLocal))
    stages.push_back(std::move(*local));
  if (current.stage == Stage::kClose) {
    StageRecord killed;
    killed.stage = Stage::kMain;
    killed.boot_id = current.boot_id;
    killed.vm_id = current.vm_id;
    if (auto main = interrupted_record(root, killed)) stages.push_back(std::move(*main));
  }
  stages.push_back(current);
  return stages;
}

}  // namespace

Result<void> write_host_report(const Context& context, const HostReport& report,
                               Recorder& recorder) {
  const auto now = context.machine.clock.wall();
  auto written = imds::write_kvp(
      context.root(), {.key = std::string(imds::kProvisioningReport), .value = report.value},
      report.events, booted_at(context), context.within(kLockTime));
  recorder.record().told.push_back({.channel = "KVP",
                                    .what = report.what,
                                    .how = "pool 1",
                                    .at = iso8601(now),
                                    .delivered = written.has_value(),
                                    .description = {}});
  return written;
}

StepResult write_report_to_kvp(const Context& context, const Provisioning& progress,
                               const StageRecord& stage, Recorder& recorder) {
  const auto now = context.machine.clock.wall();
  const auto& vm_id = context.identity.vm_id;
  HostReport report{.what = progress.failure ? "NotReady" : "Ready",
                    .value = progress.failure ? imds::failure_report(*progress.failure, vm_id, now)
                                              : imds::success_report(vm_id, now)};
  if (context.config.report.kvp_events)
    report.events = describe_events(read_stages(context.root(), stage), booted_at(context));
  OR_RETURN(write_host_report(context, report, recorder));
  const auto count = report.events.size();
  const auto and_events = count == 0 ? std::string() : " and " + std::to_string(count) + " events";
  return done(std::string(imds::kProvisioningReport) + and_events + " in " +
              std::string(imds::kKvpPool));
}

}  // namespace azl::provision
