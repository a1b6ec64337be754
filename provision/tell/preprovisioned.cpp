#include "provision/tell/preprovisioned.h"

#include <chrono>
#include <cstddef>
#include <utility>

#include "base/text.h"
#include "imds/kvp.h"
#include "imds/wireserver.h"
#include "provision/gather/links.h"
#include "provision/tell/service_status.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLockTime = 2s;  // hv_kvp_daemon may hold the pool's lock
constexpr Duration kRound = 15s;    // between two looks at the NIC
constexpr std::size_t kLongestType = 64;

/// A failure is a note: the health report counts.
void write_report(const Context& context, const PoolPlan& plan, Recorder& recorder) {
  const auto now = context.machine.clock.wall();
  const auto booted = now - context.machine.clock.now().time_since_epoch();
  // The type is one of a few words, unless a source is damaged.
  const auto value =
      imds::success_report(context.identity.vm_id, now, cut_utf8(plan.type, kLongestType));
  const auto written = imds::write_kvp(
      context.root(), {.key = std::string(imds::kProvisioningReport), .value = value}, {}, booted,
      context.within(kLockTime));
  recorder.record().told.push_back({.channel = "KVP",
                                    .what = "Ready",
                                    .how = "pool 1",
                                    .at = iso8601(now),
                                    .delivered = written.has_value(),
                                    .description = {}});
  if (!written) recorder.record_finding(Severity::kNote, written.error());
}

/// Tells Ready until it is told, the NIC has gone, or the time is up.
Result<imds::Told> tell(const Context& context, const std::string& url,
                        const std::function<bool()>& is_gone, Recorder& recorder) {
  const auto deadline = context.within(context.config.report.late_timeout);
  while (true) {
    imds::AttemptLog attempts;
    auto told = imds::report_health(context.machine.http, url,
                                    context.config.platform.health_protocol, imds::Health::kReady,
                                    {}, context.machine.clock, deadline.within(kRound), attempts);
    recorder.record_attempts(attempts);
    const bool again = !told && told.error().reason() == Reason::kNotReported;
    if (!again || is_gone() || deadline.passed()) return told;
  }
}

}  // namespace

StepResult tell_pool_ready(const Context& context, const Facts& facts, const PoolPlan& plan,
                           const std::function<bool()>& is_gone, Recorder& recorder) {
  write_report(context, plan, recorder);
  ToldRecord record{.channel = "health",
                    .what = "Ready",
                    .how = {},
                    .at = iso8601(context.machine.clock.wall()),
                    .delivered = false,
                    .description = {}};
  auto& records = recorder.record().told;
  const auto url = find_wireserver(context, facts);
  if (url.empty()) {
    records.push_back(std::move(record));
    return skipped("a root tree has no platform to tell; --wireserver-url gives it one");
  }
  auto told = tell(context, url, is_gone, recorder);
  if (!told) {
    records.push_back(std::move(record));
    if (is_gone()) return done("told the platform Ready; it took the NIC away before it answered");
    return fail(std::move(told.error()), "the platform could not be told Ready for the pool");
  }
  record.delivered = true;
  record.how = told->protocol == imds::HealthProtocol::kJson ? "json" : "xml";
  record.at = iso8601(told->at);
  records.push_back(std::move(record));
  return done("told the platform that the VM is ready for its pool (PPS " + printable(plan.type) +
              ")");
}

void allow_long_wait(const Context& context) {
  if (!context.root().live()) return;
  // systemd never shortens a limit again, and ignores "infinity". sd_notify(3).
  constexpr std::chrono::microseconds kYear = std::chrono::days(365);
  notify_service_manager("EXTEND_TIMEOUT_USEC=" + std::to_string(kYear.count()));
}

}  // namespace azl::provision
