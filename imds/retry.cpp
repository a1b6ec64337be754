#include "imds/retry.h"

#include <cstdint>

#include "base/count.h"
#include "imds/timeouts.h"

namespace azl::imds {

bool is_temporary(const Error& error) {
  switch (error.reason()) {
    case Reason::kImdsConnectTimeout:
    case Reason::kImdsConnect:
    case Reason::kImdsReadTimeout:
    case Reason::kImdsMalformed:
    case Reason::kImdsInvalidKey:
      return true;
    default:
      return false;
  }
}

FailedTry to_failed_try(Error error) {
  const auto next = is_temporary(error) ? NextTry::kAfterWait : NextTry::kNone;
  return {.error = std::move(error), .next = next};
}

bool is_temporary(int status) {
  return status == 408 || status == 429 || (status >= 500 && status <= 599);
}

Retry::Retry(HttpClient& http, std::string_view endpoint, std::string_view base_url, Clock& clock,
             const Deadline& deadline, AttemptLog& log, const RetryPace& pace)
    : http_(http),
      endpoint_(endpoint),
      base_url_(base_url),
      clock_(clock),
      deadline_(deadline),
      log_(log),
      timeouts_(pace.timeouts),
      // Seeded with the time, so that the VMs of a scale set do not ask their host in step.
      backoff_(pace.pauses, static_cast<std::uint64_t>(clock.wall().time_since_epoch().count())),
      start_(clock.now()) {
  while (base_url_.ends_with('/')) base_url_.pop_back();
}

bool Retry::prepare_next(const FailedTry& failed) {
  if (failed.next == NextTry::kNone) return false;
  if (failed.next == NextTry::kAfterWait) {
    const auto wait = backoff_.next(deadline_, failed.retry_after);
    if (!wait) return false;
    clock_.sleep(*wait);
  }
  return !deadline_.passed();
}

FailedTry Retry::choose_failure(FailedTry& last) {
  const Reason reason = last.error.reason();
  const bool cut_short = deadline_.passed() && (reason == Reason::kImdsReadTimeout ||
                                                reason == Reason::kImdsConnectTimeout);
  return std::move(cut_short && before_ ? *before_ : last);
}

Result<HttpResponse> Retry::send(HttpRequest request) {
  request.url.insert(0, base_url_);
  const TryTimeouts timeouts = timeouts_.value_or(timeouts_of_try(tries_));
  request.connect_timeout = timeouts.connect;
  request.timeout = timeouts.total;
  request.fresh_connection = tries_ > 0;

  const auto url = split_url(request.url);
  Attempt attempt{.endpoint = endpoint_,
                  .request = request.method + " " + (url ? url->target : request.url),
                  .at = clock_.wall(),
                  .outcome = ""};
  const SteadyTime start = clock_.now();
  auto response = http_.send(request, deadline_);
  attempt.took = clock_.now() - start;
  attempt.status = response ? response->status : 0;
  attempt.outcome = response ? describe_answer(*response) : response.error().cause();
  log_.push_back(std::move(attempt));
  return response;
}

std::string Retry::describe_effort(std::string_view doing) const {
  return std::string(doing) + ", " + describe_count(tries_, "try", "tries") + " in " +
         describe_duration(clock_.now() - start_);
}

}  // namespace azl::imds
