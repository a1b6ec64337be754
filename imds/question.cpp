#include "imds/question.h"

#include <utility>

#include "imds/api_version.h"
#include "imds/instance.h"
#include "imds/timeouts.h"

namespace azl::imds {

StatusMeaning meaning_of(int status) {
  if (status >= 200 && status <= 299) return StatusMeaning::kOk;
  const bool again = is_temporary(status) || status == 404 || status == 410;
  return again ? StatusMeaning::kTryAgain : StatusMeaning::kFinal;
}

HttpRequest make_imds_request(std::string_view base_url, std::string target) {
  HttpRequest request{.url = std::move(target), .headers = {{"Metadata", "true"}}, .body = ""};
  if (split_url(base_url).value_or(UrlParts{}).host == kImdsHost) request.mark = kImdsMark;
  return request;
}

Question::Question(Clock& clock)
    : clock_(clock), versions_({std::string(known_versions().front())}) {}

std::optional<FailedTry> Question::refuse(const HttpResponse& response) {
  const auto meaning = meaning_of(response.status);
  if (meaning == StatusMeaning::kOk) return std::nullopt;
  auto error =
      Error(Reason::kImdsHttp, "IMDS answers " + describe_answer(response) + quote_body(response))
          .with_http_status(response.status);
  const bool refused = meaning == StatusMeaning::kFinal;
  return FailedTry{
      .error = refused ? std::move(error).with_cause(Cause::kImdsRefused) : std::move(error),
      .next = after_status(response),
      .retry_after = response.retry_after};
}

/// Also chooses the version of the next try.
NextTry Question::after_status(const HttpResponse& response) {
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
bool Question::may_still_come() {
  if (!first_gone_) first_gone_ = clock_.now();
  return clock_.now() - *first_gone_ < kGoneLimit;
}

}  // namespace azl::imds
