#include "provision/tell/trace.h"

#include <utility>

#include "imds/retry.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRequestTime = 10s;
constexpr Duration kPause = 5s;
constexpr Duration kStartTime = 10s;
constexpr std::size_t kAnswerLimit = std::size_t{64} << 10;

/// Returns the failure of an answer; nullopt if the trace was accepted. Which statuses may pass:
/// opentelemetry.io/docs/specs/otlp, "Retryable Response Codes".
std::optional<imds::FailedTry> refuse(const imds::HttpResponse& response) {
  if (response.status >= 200 && response.status <= 299) return std::nullopt;
  const bool passes = response.status == 429 || (response.status >= 502 && response.status <= 504);
  return imds::FailedTry{
      .error = Error(Cause::kTraceNotSent,
                     "the collector answers " + describe_answer(response) + quote_body(response)),
      .next = passes ? imds::NextTry::kAfterWait : imds::NextTry::kNone,
      .retry_after = response.retry_after};
}

}  // namespace

std::string trace_url(std::string_view endpoint) {
  std::string url(endpoint);
  const auto parts = imds::split_web_url(endpoint);
  if (!parts || parts->target != "/") return url;
  while (url.ends_with('/')) url.pop_back();
  return url + "/v1/traces";
}

Result<void> send_trace(imds::HttpClient& http, std::string_view endpoint, std::string trace,
                        Clock& clock) {
  const Deadline deadline(clock, kTraceTimeout);
  imds::AttemptLog attempts;
  const imds::RetryPace pace = {
      .pauses = {.initial = kPause, .factor = 1, .longest = kPause},
      .timeouts = imds::TryTimeouts{.connect = kRequestTime, .total = kRequestTime}};
  // The URL is a request's own, because a path may end with what Retry would take away.
  imds::Retry retry(http, "collector", "", clock, deadline, attempts, pace);
  bool again = false;
  const auto sent = retry.run<bool>([&]() -> imds::Tried<bool> {
    const auto response = retry.send({.method = "POST",
                                      .url = trace_url(endpoint),
                                      .anywhere = true,
                                      .headers = {{"Content-Type", "application/json"}},
                                      .body = trace,
                                      .body_limit = kAnswerLimit});
    auto failed = response ? refuse(*response) : imds::to_failed_try(response.error());
    if (!failed) return true;
    const bool too_late = failed->retry_after && *failed->retry_after >= deadline.remaining();
    if (std::exchange(again, true) || too_late) failed->next = imds::NextTry::kNone;
    return std::unexpected(std::move(*failed));
  });
  if (sent) return {};
  const auto& error = sent.error().error;
  if (error.reason() == Reason::kInvalidInput) return std::unexpected(error);
  return fail(Cause::kTraceNotSent, error.to_string());
}

StepResult start_trace(const Context& context) {
  if (!context.root().live())
    return skipped("root tree: 'azl-provision report --send' sends the trace");
  const std::string unit = "azl-provision-trace.service";
  OR_RETURN(context.machine.processes.run({.argv = {"systemctl", "start", "--no-block", unit}},
                                          context.within(kStartTime)));
  return done(unit + " sends the trace once the boot has ended");
}

}  // namespace azl::provision
