#include "imds/wireserver.h"

#include <cerrno>
#include <expected>
#include <utility>

namespace azl::imds {
namespace {

constexpr const char* kAgentName = "azl-provision";
constexpr const char* kAgentVersion = "azl-provision v" AZL_VERSION;
constexpr const char* kXmlVersion = "2012-11-30";
/// Answers to health reports are empty or short.
constexpr std::size_t kHealthAnswerLimit = 64 << 10;
/// After this many temporary failures of one protocol, the other one has its turn.
constexpr int kTemporaryFailures = 2;

/// Returns `cause` as an error with another reason. Keeps its status, but not its errno, whose text
/// is in the sentence already. Adds a cause if there was an answer: then nothing blocks the way to
/// the WireServer.
Error with_reason(Reason reason, const Error& cause) {
  Error error(reason, cause.to_string());
  const auto status = cause.http_status();
  if (!status) return error;
  return std::move(error)
      .with_http_status(*status)
      .with_cause(Cause::kWireServerRefused)
      .with_cause(Cause::kWireServerBusy);
}

/// One call of report_health: its state between tries.
class Reporter {
 public:
  Reporter(HttpClient& http, std::string_view base_url, HealthProtocol protocol, Health health,
           std::string_view description, Clock& clock, const Deadline& deadline, AttemptLog& log)
      : health_(health),
        description_(description),
        clock_(clock),
        retry_(http, "WireServer", base_url, clock, deadline, log),
        state_(first_protocol(protocol)) {}

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

  Tried<Told> try_once();
  Outcome<void> report_by_json();
  Outcome<void> report_by_xml();
  Outcome<GoalState> fetch_goal_state();
  Outcome<HttpResponse> ask(WireQuestion question, HttpRequest request);
  FailedTry after(Failure failure);

  Health health_;
  std::string_view description_;
  Clock& clock_;
  Retry retry_;
  ProtocolState state_;
};

Result<Told> Reporter::run() {
  auto told = retry_.run<Told>([this] { return try_once(); });
  if (told) return *told;
  return fail(std::move(told.error().error), retry_.describe_effort("reporting to the WireServer"));
}

Tried<Told> Reporter::try_once() {
  auto told = state_.protocol == HealthProtocol::kJson ? report_by_json() : report_by_xml();
  if (!told) return std::unexpected(after(std::move(told.error())));
  return Told{.health = health_, .protocol = state_.protocol, .at = clock_.wall()};
}

Reporter::Outcome<void> Reporter::report_by_json() {
  auto answer = ask(
      WireQuestion::kJsonHealth,
      {.method = "POST",
       .url = "/provisioning/health",
       .headers = {{"x-ms-guest-agent-name", kAgentVersion}, {"Content-Type", "application/json"}},
       .body = health_json(health_, description_)});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

/// Each try fetches the goal state again, because the incarnation may have changed since the last
/// try.
Reporter::Outcome<void> Reporter::report_by_xml() {
  const auto goal = fetch_goal_state();
  if (!goal) return std::unexpected(goal.error());
  auto headers = wireserver_headers();
  headers.emplace_back("Content-Type", "text/xml;charset=utf-8");
  auto answer = ask(WireQuestion::kXmlHealth, {.method = "POST",
                                               .url = "/machine/?comp=health",
                                               .headers = std::move(headers),
                                               .body = health_xml(*goal, health_, description_)});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

Reporter::Outcome<GoalState> Reporter::fetch_goal_state() {
  const auto answer = ask(WireQuestion::kGoalState, {.url = "/machine/?comp=goalstate",
                                                     .headers = wireserver_headers(),
                                                     .body = "",
                                                     .body_limit = kGoalStateLimit});
  if (!answer) return std::unexpected(answer.error());
  auto goal = parse_goal_state(answer->body);
  if (goal) return std::move(*goal);
  retry_.set_outcome(goal.error().cause());
  return std::unexpected(
      Failure{.kind = WireFailure::kTemporary, .error = std::move(goal.error())});
}

Reporter::Outcome<HttpResponse> Reporter::ask(WireQuestion question, HttpRequest request) {
  if (question != WireQuestion::kGoalState) request.body_limit = kHealthAnswerLimit;
  const std::string asked = request.method + " " + request.url;
  auto response = retry_.send(std::move(request));
  if (!response) {
    Error& error = response.error();
    const bool refused = error.errno_value() == ECONNREFUSED;
    const bool hopeless = !is_temporary(error);
    return std::unexpected(
        Failure{.kind = refused ? WireFailure::kNoConnection : WireFailure::kTemporary,
                .error = std::move(error),
                .hopeless = hopeless});
  }
  const WireMeaning meaning = meaning_of(question, response->status);
  if (meaning == WireMeaning::kAccepted) return std::move(*response);
  return std::unexpected(Failure{
      .kind = meaning == WireMeaning::kRefused ? WireFailure::kRefused : WireFailure::kTemporary,
      .error = Error(Reason::kWireServer,
                     "the WireServer answers " + describe_answer(*response) + quote_body(*response))
                   .with_http_status(response->status)
                   .with_context(asked),
      .retry_after = response->retry_after});
}

/// Changes to the protocol of the next try, and gives the error its meaning for the caller.
FailedTry Reporter::after(Failure failure) {
  if (failure.hopeless) return {.error = std::move(failure.error), .next = NextTry::kNone};
  const auto next = after_failure(state_, failure.kind);
  if (!next)
    return {.error = with_reason(Reason::kWireServer, failure.error), .next = NextTry::kNone};
  state_ = *next;
  const bool refused = failure.kind == WireFailure::kRefused;
  return {.error = with_reason(Reason::kNotReported, failure.error),
          .next = refused ? NextTry::kAtOnce : NextTry::kAfterWait,
          .retry_after = failure.retry_after};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> wireserver_headers() {
  return {{"x-ms-agent-name", kAgentName}, {"x-ms-version", kXmlVersion}};
}

WireMeaning meaning_of(WireQuestion question, int status) {
  if (status >= 200 && status <= 299) return WireMeaning::kAccepted;
  if (is_temporary(status)) return WireMeaning::kTryAgain;
  switch (status) {
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
  if (!refused) ++state.temporary_failures;
  const bool change = refused || failure == WireFailure::kNoConnection ||
                      state.temporary_failures >= kTemporaryFailures;
  if (!change || state.other_refused) return state;
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
