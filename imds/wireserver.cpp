#include "imds/wireserver.h"

#include <cerrno>

namespace azl::imds {
namespace {

/// Answers to health reports are empty or short.
constexpr std::size_t kHealthAnswerLimit = 64 << 10;
/// Passing failures of one protocol before the other one is given a turn.
constexpr int kPassingFailures = 2;

/// One call of report_health: its state between tries.
class Reporter {
 public:
  Reporter(HttpClient& http, std::string_view base_url, HealthProtocol protocol, Health health,
           std::string_view description, Clock& clock, const Deadline& deadline, AttemptLog& log);
  Result<Told> run();

 private:
  /// Why one try failed.
  struct Failure {
    WireFailure kind;
    Error error;
    std::optional<Duration> retry_after = {};
    bool hopeless = false;  ///< no protocol would help: no libcurl, no URL
  };
  template <class T>
  using Outcome = std::expected<T, Failure>;

  Outcome<void> tell();
  Outcome<void> tell_by_json();
  Outcome<void> tell_by_xml();
  Outcome<GoalState> goal_state();
  Outcome<HttpResponse> ask(WireQuestion question, const HttpRequest& request);
  [[nodiscard]] HttpRequest request(std::string_view path) const;
  bool go_on(const Failure& failure);
  std::unexpected<Error> give_up(Failure failure) const;

  HttpClient& http_;
  std::string base_url_;
  Health health_;
  std::string_view description_;
  Clock& clock_;
  const Deadline& deadline_;
  AttemptLog& log_;
  Backoff backoff_;
  SteadyTime start_;
  ProtocolState state_;
  int tries_ = 0;
};

Reporter::Reporter(HttpClient& http, std::string_view base_url, HealthProtocol protocol,
                   Health health, std::string_view description, Clock& clock,
                   const Deadline& deadline, AttemptLog& log)
    : http_(http),
      base_url_(base_url),
      health_(health),
      description_(description),
      clock_(clock),
      deadline_(deadline),
      log_(log),
      // Seeded with the time, so that the VMs of a scale set don't ask their host in step.
      backoff_({}, static_cast<std::uint64_t>(clock.wall().time_since_epoch().count())),
      start_(clock.now()),
      state_(first_protocol(protocol)) {
  while (base_url_.ends_with('/')) base_url_.pop_back();
}

Result<Told> Reporter::run() {
  while (true) {
    auto told = tell();
    if (told) return Told{.health = health_, .protocol = state_.protocol, .at = clock_.wall()};
    if (!go_on(told.error())) return give_up(std::move(told.error()));
  }
}

Reporter::Outcome<void> Reporter::tell() {
  auto told = state_.protocol == HealthProtocol::kJson ? tell_by_json() : tell_by_xml();
  ++tries_;
  return told;
}

Reporter::Outcome<void> Reporter::tell_by_json() {
  HttpRequest post = request("/provisioning/health");
  post.method = "POST";
  post.headers = {{"x-ms-guest-agent-name", "azl-provision v" AZL_VERSION},
                  {"Content-Type", "application/json"}};
  post.body = health_json(health_, description_);
  auto answer = ask(WireQuestion::kJsonHealth, post);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

/// Each try with a goal state of its own: the incarnation may have moved on since the last one.
Reporter::Outcome<void> Reporter::tell_by_xml() {
  auto goal = goal_state();
  if (!goal) return std::unexpected(std::move(goal.error()));
  HttpRequest post = request("/machine/?comp=health");
  post.method = "POST";
  post.headers = {{"x-ms-agent-name", "azl-provision"},
                  {"x-ms-version", "2012-11-30"},
                  {"Content-Type", "text/xml;charset=utf-8"}};
  post.body = health_xml(*goal, health_, description_);
  auto answer = ask(WireQuestion::kXmlHealth, post);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

Reporter::Outcome<GoalState> Reporter::goal_state() {
  HttpRequest get = request("/machine/?comp=goalstate");
  get.headers = {{"x-ms-agent-name", "azl-provision"}, {"x-ms-version", "2012-11-30"}};
  get.body_limit = kGoalStateLimit;
  auto answer = ask(WireQuestion::kGoalState, get);
  if (!answer) return std::unexpected(std::move(answer.error()));
  auto goal = parse_goal_state(answer->body);
  if (goal) return std::move(*goal);
  log_.back().outcome = goal.error().cause();
  return std::unexpected(Failure{.kind = WireFailure::kPassing, .error = std::move(goal.error())});
}

Reporter::Outcome<HttpResponse> Reporter::ask(WireQuestion question, const HttpRequest& request) {
  auto response = send_logged(http_, request, "WireServer", clock_, deadline_, log_);
  if (!response) {
    Error& error = response.error();
    const bool refused = error.errno_value() == ECONNREFUSED;
    const bool hopeless = !may_pass(error);
    return std::unexpected(
        Failure{.kind = refused ? WireFailure::kNoConnection : WireFailure::kPassing,
                .error = std::move(error),
                .hopeless = hopeless});
  }
  const WireMeaning meaning = meaning_of(question, response->status);
  if (meaning == WireMeaning::kAccepted) return std::move(*response);
  return std::unexpected(Failure{
      .kind = meaning == WireMeaning::kRefused ? WireFailure::kRefused : WireFailure::kPassing,
      .error = Error(Reason::kWireServer, "the WireServer answers " + in_words(*response))
                   .with_http_status(response->status)
                   .with_context(log_.back().request),
      .retry_after = response->retry_after});
}

HttpRequest Reporter::request(std::string_view path) const {
  HttpRequest request{.url = base_url_ + std::string(path),
                      .headers = {},
                      .body = "",
                      .body_limit = kHealthAnswerLimit};
  const TryTimeouts timeouts = timeouts_of_try(tries_);
  request.connect_timeout = timeouts.connect;
  request.timeout = timeouts.total;
  request.fresh_connection = tries_ > 0;
  return request;
}

/// Prepares the next try, waiting if need be; false when there shall be none.
bool Reporter::go_on(const Failure& failure) {
  if (failure.hopeless) return false;
  const auto next = after_failure(state_, failure.kind);
  if (!next) return false;
  if (failure.kind != WireFailure::kRefused) {
    const auto wait = backoff_.next(deadline_, failure.retry_after);
    if (!wait) return false;
    clock_.sleep(*wait);
  }
  if (deadline_.passed()) return false;
  state_ = *next;
  return true;
}

/// The error of the last try, as what it means to the caller.
std::unexpected<Error> Reporter::give_up(Failure failure) const {
  const std::string effort = "reporting to the WireServer, " + std::to_string(tries_) +
                             (tries_ == 1 ? " try in " : " tries in ") +
                             in_words(clock_.now() - start_);
  if (failure.hopeless) return fail(std::move(failure.error), effort);

  const bool refused = !after_failure(state_, failure.kind);
  const Reason reason = refused ? Reason::kWireServer : Reason::kNotReported;
  // Its status, but not its errno: the text has that already.
  const std::string cause = failure.error.to_string();
  const auto status = failure.error.http_status();
  if (status) return fail(Error(reason, cause).with_http_status(*status), effort);
  return fail(Error(reason, cause), effort);
}

}  // namespace

WireMeaning meaning_of(WireQuestion question, int status) {
  if (status >= 200 && status <= 299) return WireMeaning::kAccepted;
  if (status >= 500 && status <= 599) return WireMeaning::kTryAgain;
  switch (status) {
    case 408:
    case 429:
      return WireMeaning::kTryAgain;
    case 403:
    case 404:
    case 410:
      return question == WireQuestion::kJsonHealth ? WireMeaning::kRefused : WireMeaning::kTryAgain;
    default:
      return WireMeaning::kRefused;
  }
}

ProtocolState first_protocol(HealthProtocol wanted) {
  return {.protocol = wanted == HealthProtocol::kXml ? HealthProtocol::kXml : HealthProtocol::kJson,
          .other_refused = wanted != HealthProtocol::kAuto};
}

std::optional<ProtocolState> after_failure(ProtocolState state, WireFailure failure) {
  const bool refused = failure == WireFailure::kRefused;
  if (refused && state.other_refused) return {};
  if (!refused) ++state.passing_failures;
  const bool enough = refused || failure == WireFailure::kNoConnection ||
                      state.passing_failures >= kPassingFailures;
  if (!enough || state.other_refused) return state;
  return ProtocolState{.protocol = state.protocol == HealthProtocol::kJson ? HealthProtocol::kXml
                                                                           : HealthProtocol::kJson,
                       .other_refused = refused};
}

Result<Told> report_health(HttpClient& http, std::string_view base_url, HealthProtocol protocol,
                           Health health, std::string_view description, Clock& clock,
                           const Deadline& deadline, AttemptLog& log) {
  return Reporter(http, base_url, protocol, health, description, clock, deadline, log).run();
}

}  // namespace azl::imds
