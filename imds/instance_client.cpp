#include "imds/instance_client.h"

#include <optional>
#include <utility>
#include <vector>

#include "imds/timeouts.h"

namespace azl::imds {
namespace {

/// One call of fetch_instance: its state between tries.
class Fetch {
 public:
  Fetch(HttpClient& http, std::string_view base_url, Clock& clock, const Deadline& deadline,
        AttemptLog& log)
      : base_url_(base_url),
        limit_(deadline),
        retry_(http, "IMDS", base_url, clock, limit_, log),
        question_(clock) {}

  Result<ImdsAnswer> run();

 private:
  Tried<ImdsAnswer> ask();
  Tried<ImdsAnswer> read(const HttpResponse& response);
  Tried<ImdsAnswer> check_whole(ImdsAnswer answer);
  [[nodiscard]] HttpRequest request() const;

  std::string_view base_url_;
  Deadline limit_;  ///< ends earlier once there is a partial answer
  Retry retry_;
  Question question_;
  std::optional<ImdsAnswer> partial_;  ///< the last answer without `network`
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
  return std::unexpected(to_failed_try(std::move(response.error())));
}

Tried<ImdsAnswer> Fetch::read(const HttpResponse& response) {
  if (auto refused = question_.refuse(response)) return std::unexpected(std::move(*refused));
  auto instance = parse_instance(response.body);
  if (instance) return check_whole({std::move(*instance), question_.version()});
  retry_.set_outcome("body: " + instance.error().cause());
  return std::unexpected(to_failed_try(std::move(instance.error())));
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
  auto request = make_imds_request(
      base_url_, "/metadata/instance?api-version=" + question_.version() + "&extended=true");
  request.body_limit = kInstanceLimit;
  return request;
}

}  // namespace

Result<ImdsAnswer> fetch_instance(HttpClient& http, std::string_view base_url, Clock& clock,
                                  const Deadline& deadline, AttemptLog& log) {
  return Fetch(http, base_url, clock, deadline, log).run();
}

}  // namespace azl::imds
