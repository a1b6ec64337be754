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
        retry_(http, "IMDS", base_url, clock, deadline, log),
        // Another address belongs to a test or a proxy agent; systemd's rule, and so its mark, is
        // about IMDS's own.
        marked_(split_url(std::string(base_url)).value_or(UrlParts{}).host == kImdsHost),
        versions_({std::string(known_versions().front())}) {}

  Result<ImdsAnswer> run();

 private:
  Tried<ImdsAnswer> ask();
  Tried<ImdsAnswer> read(const HttpResponse& response);
  [[nodiscard]] HttpRequest request() const;
  [[nodiscard]] NextTry after_status(const HttpResponse& response);
  [[nodiscard]] bool may_still_come();

  Clock& clock_;
  Retry retry_;
  bool marked_;
  std::vector<std::string> versions_;     ///< tried so far; the last one is asked for
  std::optional<SteadyTime> first_gone_;  ///< when the first 410 came
};

Result<ImdsAnswer> Fetch::run() {
  auto answer = retry_.run<ImdsAnswer>([this] { return ask(); });
  if (answer) return std::move(*answer);
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
    return std::unexpected(
        FailedTry{.error = Error(Reason::kImdsHttp, "IMDS answers " + describe_answer(response))
                               .with_http_status(response.status),
                  .next = after_status(response),
                  .retry_after = response.retry_after});
  }
  auto instance = parse_instance(response.body);
  if (instance) return ImdsAnswer{std::move(*instance), versions_.back()};
  retry_.set_outcome("body: " + instance.error().cause());
  const auto next = is_temporary(instance.error()) ? NextTry::kAfterWait : NextTry::kNone;
  return std::unexpected(FailedTry{.error = std::move(instance.error()), .next = next});
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
