#include "imds/reprovision.h"

#include <cstddef>
#include <utility>

#include "imds/question.h"
#include "imds/timeouts.h"

namespace azl::imds {
namespace {

constexpr int kBrokenDocuments = 5;          // a transfer may have been cut short
constexpr std::ptrdiff_t kKeptAttempts = 8;  // the first ones, and as many of the last

constexpr RetryPace kPace = {.pauses = {.initial = std::chrono::milliseconds(500),
                                        .factor = 1.5,
                                        .longest = kReprovisionPause},
                             .timeouts = TryTimeouts{.connect = kLongestConnectTimeout,
                                                     .total = kReprovisionRequestTimeout}};

bool has_no_connection(const Error& error) {
  return error.reason() == Reason::kImdsConnect || error.reason() == Reason::kImdsConnectTimeout;
}

/// Drops requests from the middle, because a VM may ask for days.
void shorten(AttemptLog& log) {
  if (log.size() > 2 * kKeptAttempts) log.erase(log.begin() + kKeptAttempts);
}

/// One call of poll_reprovision_data: its state between tries.
class Poll {
 public:
  Poll(HttpClient& http, const ReprovisionPoll& poll, Clock& clock, AttemptLog& log)
      : poll_(poll),
        deadline_(clock, Duration::max()),
        log_(log),
        retry_(http, "IMDS", poll.base_url, clock, deadline_, log, kPace) {}

  Result<ReprovisionData> run() {
    auto data = retry_.run<ReprovisionData>([this] { return ask(); });
    if (!data) return fail(std::move(data.error().error), retry_.describe_effort("asking IMDS"));
    data->effort = retry_.describe_effort("asking IMDS");
    return std::move(*data);
  }

 private:
  Tried<ReprovisionData> ask();
  Tried<ReprovisionData> read(HttpResponse response);
  [[nodiscard]] HttpRequest request() const;
  static std::unexpected<FailedTry> not_yet(std::string why,
                                            std::optional<Duration> retry_after = {}) {
    return std::unexpected(FailedTry{.error = Error(Reason::kImdsHttp, std::move(why)),
                                     .next = NextTry::kAfterWait,
                                     .retry_after = retry_after});
  }

  const ReprovisionPoll& poll_;
  Deadline deadline_;
  AttemptLog& log_;
  Retry retry_;
  bool lost_ = false;  ///< the last try got no connection
  int broken_ = 0;     ///< documents that could not be used
};

HttpRequest Poll::request() const {
  auto request = make_imds_request(poll_.base_url, std::string(kReprovisionRequest));
  request.body_limit = kOvfLimit;
  request.waits_for = poll_.waits_for;
  return request;
}

Tried<ReprovisionData> Poll::ask() {
  if (std::exchange(lost_, false)) poll_.renew_network();
  auto response = retry_.send(request());
  shorten(log_);
  if (response) return read(std::move(*response));
  lost_ = has_no_connection(response.error());
  return std::unexpected(to_failed_try(std::move(response.error())));
}

Tried<ReprovisionData> Poll::read(HttpResponse response) {
  if (meaning_of(response.status) != StatusMeaning::kOk)
    return not_yet("IMDS answers " + describe_answer(response), response.retry_after);
  if (response.body.empty()) return not_yet("IMDS answers without a document");
  auto ovf = parse_ovf(response.body);
  if (ovf)
    return ReprovisionData{
        .ovf = std::move(*ovf), .text = Secret(std::move(response.body)), .effort = {}};
  retry_.set_outcome("body: " + ovf.error().cause());
  const auto next = ++broken_ < kBrokenDocuments ? NextTry::kAfterWait : NextTry::kNone;
  return std::unexpected(FailedTry{.error = std::move(ovf.error()), .next = next});
}

}  // namespace

Result<ReprovisionData> poll_reprovision_data(HttpClient& http, const ReprovisionPoll& poll,
                                              Clock& clock, AttemptLog& log) {
  return Poll(http, poll, clock, log).run();
}

}  // namespace azl::imds
