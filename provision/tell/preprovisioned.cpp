#include "provision/tell/preprovisioned.h"

#include <chrono>
#include <cstddef>
#include <utility>

#include "base/text.h"
#include "imds/kvp.h"
#include "imds/wireserver.h"
#include "provision/tell/health.h"
#include "provision/tell/kvp.h"
#include "provision/tell/service_status.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRound = 15s;  // between two looks at the NIC
constexpr std::size_t kLongestType = 64;

/// A failure is a note: the health report counts.
void write_report(const Context& context, const PoolPlan& plan, Recorder& recorder) {
  // The type is one of a few words, unless a source is damaged.
  const auto value = imds::success_report(context.identity.vm_id, context.machine.clock.wall(),
                                          cut_utf8(plan.type, kLongestType));
  const auto written = write_host_report(context, {.what = "Ready", .value = value}, recorder);
  if (!written) recorder.record_finding(Severity::kNote, written.error());
}

/// Tells Ready until it is told, the NIC has gone, or the time is up.
Result<imds::Told> send(const Context& context, const std::string& url,
                        const std::function<bool()>& is_gone, imds::AttemptLog& attempts) {
  const auto deadline = context.within(context.config.report.late_timeout);
  while (true) {
    auto told = imds::report_health(context.machine.http, url,
                                    context.config.platform.health_protocol, imds::Health::kReady,
                                    {}, context.machine.clock, deadline.within(kRound), attempts);
    const bool again = !told && told.error().reason() == Reason::kNotReported;
    if (!again || is_gone() || deadline.passed()) return told;
  }
}

}  // namespace

StepResult tell_pool_ready(const Context& context, const Facts& facts, const PoolPlan& plan,
                           const std::function<bool()>& is_gone, Recorder& recorder) {
  write_report(context, plan, recorder);
  auto told = tell_wireserver(
      context, facts, {.ready = true},
      [&](const std::string& url, imds::AttemptLog& attempts) {
        return send(context, url, is_gone, attempts);
      },
      recorder);
  if (!told) {
    if (is_gone()) return done("told the platform Ready; it took the NIC away before it answered");
    return fail(std::move(told.error()), "the platform could not be told Ready for the pool");
  }
  if (!*told) return skipped(std::string(kNoPlatform));
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
