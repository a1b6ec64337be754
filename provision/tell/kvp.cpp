#include "provision/tell/kvp.h"

#include <string>
#include <utility>

#include "imds/kvp.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLockTime = 2s;  // hv_kvp_daemon may hold the pool's lock

}  // namespace

StepResult write_report_to_kvp(const Context& context, const Provisioning& progress,
                               Recorder& recorder) {
  const auto now = context.machine.clock.wall();
  const auto booted = now - context.machine.clock.now().time_since_epoch();
  const auto& vm_id = context.identity.vm_id;
  const auto value = progress.failure ? imds::failure_report(*progress.failure, vm_id, now)
                                      : imds::success_report(vm_id, now);
  ToldRecord record{.channel = "KVP",
                    .what = progress.failure ? "NotReady" : "Ready",
                    .how = "pool 1",
                    .at = iso8601(now),
                    .delivered = false,
                    .description = {}};
  auto written = imds::write_kvp(context.root(),
                                 {.key = std::string(imds::kProvisioningReport), .value = value},
                                 booted, context.within(kLockTime));
  record.delivered = written.has_value();
  recorder.record().told.push_back(std::move(record));
  if (!written) return std::unexpected(std::move(written.error()));
  return done(std::string(imds::kProvisioningReport) + " in " + std::string(imds::kKvpPool));
}

}  // namespace azl::provision
