#include "imds/instance_client.h"

#include <optional>
#include <utility>
#include <vector>

#include "imds/api_version.h"
#include "imds/timeouts.h"

namespace azl::imds {
namespace {

/// One call of fetch_instance: its state between tries.
class Fetch {
 public:
  Fetch(HttpClient& http, std::string_view base_url, Clock& clock, const Deadline& deadline,
        AttemptLog& log)
      : clock_(clock),
        limit_(deadline),
        retry_(http, "IMDS", base_url, clock, limit_, log),
        // Another address belongs to a test or a proxy agent; systemd's rule, and so its mark, is
        // about IMDS's own.
        marked_(split_url(std::string(base_url)).value_or(UrlParts{}).host == kImdsHost),
        versions_({std::string(known_versions().front())}) {}

  Result<ImdsAnswer> run();

 private:
  Tried<ImdsAnswer> ask();
  Tried<ImdsAnswer> read(const HttpResponse& response);
  Tried<ImdsAnswer> check_whole(ImdsAnswer answer);
  [[nodiscard]] HttpRequest request() const;
  [[nodiscard]] NextTry after_status(const HttpResponse& response);
  [[nodiscard]] bool may_still_come();

  Clock& clock_;
  Deadline limit_;  ///< ends earlier once there is a partial answer
  Retry retry_;
  bool marked_;
  std::vector<std::string> versions_;     ///< tried so far; the last one is asked for
  std::optional<SteadyTime> first_gone_;  ///< when the first 410 came
  std::optional<ImdsAnswer> partial_;     ///< the last answer without `network`
};

Result<ImdsAnswer> Fetch::run() {
  auto answer = retry_.run<ImdsAnswer>([this] { return ask(); });
  if (answer) return std::move(*answer);
  if (partial_) return std::move(*partial_);
  return fail(std::move(answer.error().error), retry_.describe_effort("asking IMDS"));
}

Tried<ImdsAnswer> Fetch::ask() {
  auto response = retry_.send(request());
  if (response) return read(*response);
  const auto next = is_temporary(response.error()) ? NextTry::kAfterWait : NextTry::kNone;
  return std::unexpected(FailedTry{.error = std::move(response.error()), .next = next});
}

Tried<ImdsAnswer> Fetch::read(const HttpResponse& response) {
  if (meaning_of(response.status) != StatusMeaning::kOk) {
    auto error =
        Error(Reason::kImdsHttp, "IMDS answers " + describe_answer(response) + quote_body(response))
            .with_http_status(response.status);
    const bool refused = meaning_of(response.status) == StatusMeaning::kFinal;
    return std::unexpected(FailedTry{
        .error = refused ? std::move(error).with_cause(Cause::kImdsRefused) : std::move(error),
        .next = after_status(response),
        .retry_after = response.retry_after});
  }
  auto instance = parse_instance(response.body);
  if (instance) return check_whole({std::move(*instance), versions_.back()});
  retry_.set_outcome("body: " + instance.error().cause());
  const auto next = is_temporary(instance.error()) ? NextTry::kAfterWait : NextTry::kNone;
  return std::unexpected(FailedTry{.error = std::move(instance.error()), .next = next});
}

/// Returns an answer that has all that a boot needs. Keeps one without `network`, and asks again
/// for a short time.
Tried<ImdsAnswer> Fetch::check_whole(ImdsAnswer answer) {
  if (!answer.instance.lost_network()) return answer;
  retry_.set_outcome("body: there is no usable 'network'");
  if (!partial_) limit_ = limit_.within(kPartialLimit);
  partial_ = std::move(answer);
  return std::unexpected(
      FailedTry{.error = Error(Reason::kImdsInvalidKey, "the answer has no usable object 'network'")
                             .with_detail("network"),
                .next = NextTry::kAfterWait});
}

HttpRequest Fetch::request() const {
  HttpRequest request{
      .url = "/metadata/instance?api-version=" + versions_.back() + "&extended=true",
      .headers = {{"Metadata", "true"}},
      .body = "",
      .body_limit = kInstanceLimit};
  if (marked_) request.mark = kImdsMark;
  return request;
}

/// Also chooses the version of the next try.
NextTry Fetch::after_status(const HttpResponse& response) {
  if (response.status == 400) {
    auto version = next_version(versions_, parse_newest_versions(response.body));
    if (!version) return NextTry::kNone;
    versions_.push_back(std::move(*version));
    return NextTry::kAtOnce;
  }
  if (response.status == 410 && !may_still_come()) return NextTry::kNone;
  return meaning_of(response.status) == StatusMeaning::kTryAgain ? NextTry::kAfterWait
                                                                 : NextTry::kNone;
}

/// Returns whether a 410 still means "not yet".
bool Fetch::may_still_come() {
  if (!first_gone_) first_gone_ = clock_.now();
  return clock_.now() - *first_gone_ < kGoneLimit;
}

}  // namespace

StatusMeaning meaning_of(int status) {
  if (status >= 200 && status <= 299) return StatusMeaning::kOk;
  const bool again = is_temporary(status) || status == 404 || status == 410;
  return again ? StatusMeaning::kTryAgain : StatusMeaning::kFinal;
}

Result<ImdsAnswer> fetch_instance(HttpClient& http, std::string_view base_url, Clock& clock,
                                  const Deadline& deadline, AttemptLog& log) {
  return Fetch(http, base_url, clock, deadline, log).run();
}

}  // namespace azl::imds
