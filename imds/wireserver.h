// Tells the platform "ready" or "failed": the JSON protocol, and the XML one as its fallback.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "imds/goal_state.h"
#include "imds/http.h"

namespace azl::imds {

inline constexpr std::string_view kWireServerUrl = "http://168.63.129.16";

/// [Platform] HealthProtocol=
enum class HealthProtocol { kAuto, kJson, kXml };

/// What was told, and how.
struct Told {
  Health health;
  HealthProtocol protocol;  ///< kJson or kXml: the one that was accepted
  WallTime at;
};

/// What the WireServer was asked.
enum class WireQuestion {
  kJsonHealth,  ///< POST /provisioning/health
  kGoalState,   ///< GET /machine/?comp=goalstate, with which each try of the XML protocol begins
  kXmlHealth,   ///< POST /machine/?comp=health
};
/// What an answer means for the protocol that asked.
enum class WireMeaning { kAccepted, kTryAgain, kRefused };
/// | status | JSON health | goal state | XML health |
/// |---|---|---|---|
/// | 2xx | accepted | accepted | accepted |
/// | 403, 404, 410 | refused | try again | try again |
/// | 408, 429, 5xx | try again | try again | try again |
/// | all else | refused | refused | refused |
/// 404 is how a host without the JSON protocol answers; to XML it is "not there yet", as IMDS's is.
/// 403 is the XML protocol's throttling, and its 410 an incarnation that has moved on: the goal
/// state is fetched anew for each try anyhow. No answer at all, or a goal state that makes no
/// sense, is "try again".
[[nodiscard]] WireMeaning meaning_of(WireQuestion question, int status);

/// Why a try did not tell the platform.
enum class WireFailure {
  kPassing,       ///< kTryAgain
  kNoConnection,  ///< the connection was refused
  kRefused,       ///< kRefused
};
/// Which protocol is being spoken, and what has come of them so far.
struct ProtocolState {
  HealthProtocol protocol;     ///< kJson or kXml
  int passing_failures = 0;    ///< of this protocol since it was turned to
  bool other_refused = false;  ///< the other one was refused, or is not wanted
};
/// Where a report begins: with JSON, unless only XML is wanted.
[[nodiscard]] ProtocolState first_protocol(HealthProtocol wanted);
/// Where it goes on after a failed try; empty: neither protocol is left. With auto the other
/// protocol's turn comes after a refusal, a refused connection or a second passing failure, unless
/// it was refused itself: so neither an endpoint that hangs nor one that only knows the other
/// protocol keeps Ready from being told.
[[nodiscard]] std::optional<ProtocolState> after_failure(ProtocolState state, WireFailure failure);

/// Reports until it is accepted or the deadline has passed; one request in the good case. A refusal
/// turns to the other protocol at once; before every other try it waits by Backoff and Retry-After,
/// never past the deadline.
/// Errors: kNotReported (the deadline came first; the message is the last cause) or kWireServer (a
/// final refusal), both with the number of tries as context; kInvalidInput, kToolMissing and
/// kUnexpected of HttpClient::send.
[[nodiscard]] Result<Told> report_health(HttpClient& http, std::string_view base_url,
                                         HealthProtocol protocol, Health health,
                                         std::string_view description, Clock& clock,
                                         const Deadline& deadline, AttemptLog& log);

}  // namespace azl::imds
