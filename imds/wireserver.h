// Reports "ready" or "failed" to the platform by the JSON protocol, with XML as the fallback.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "imds/goal_state.h"
#include "imds/http.h"
#include "imds/retry.h"

namespace azl::imds {

inline constexpr std::string_view kWireServerUrl = "http://168.63.129.16";

/// [Platform] HealthProtocol=
enum class HealthProtocol { kAuto, kJson, kXml };

/// What was reported, and how.
struct Told {
  Health health;
  HealthProtocol protocol;  ///< kJson or kXml: the one that was accepted
  WallTime at;
};

/// Returns the headers of each request of the XML protocol: the agent's name, and the protocol's
/// version.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> wireserver_headers();

/// What the WireServer is asked.
enum class WireQuestion {
  kJsonHealth,    ///< POST /provisioning/health
  kGoalState,     ///< GET /machine/?comp=goalstate, which begins each try of the XML protocol
  kXmlHealth,     ///< POST /machine/?comp=health
  kCertificates,  ///< GET of the goal state's URL of certificates
};
/// What an answer means for the protocol that asked.
enum class WireMeaning { kAccepted, kTryAgain, kRefused };
/// | status | JSON health | goal state, XML health, certificates |
/// |---|---|---|
/// | 2xx | accepted | accepted |
/// | 403, 404, 410 | refused | try again |
/// | 408, 429, 5xx | try again | try again |
/// | all others | refused | refused |
///
/// A host without the JSON protocol answers 404. For XML a 404 means "not there yet", as for IMDS.
/// A 403 is the XML protocol's throttling. Its 410 means that the incarnation has changed, and each
/// try fetches the goal state again. No answer, or a malformed goal state, counts as "try again".
[[nodiscard]] WireMeaning meaning_of(WireQuestion question, int status);

/// Why a try failed.
enum class WireFailure {
  kTemporary,     ///< "try again"
  kNoConnection,  ///< the connection was refused
  kRefused,       ///< the protocol was refused
};
/// The protocol in use, and what has happened so far.
struct ProtocolState {
  HealthProtocol protocol;     ///< kJson or kXml
  int temporary_failures = 0;  ///< of this protocol since the last change
  bool other_refused = false;  ///< the other protocol was refused, or is not wanted
};
/// Returns where a report starts: with JSON, unless only XML is wanted.
[[nodiscard]] ProtocolState first_protocol(HealthProtocol wanted);
/// Returns how to continue after a failed try; nullopt if no protocol is left. With kAuto, the
/// other protocol has its turn after a refusal, a refused connection, or a second temporary
/// failure, unless it was refused itself. So "ready" arrives even if one endpoint hangs, or if the
/// host knows one protocol only.
[[nodiscard]] std::optional<ProtocolState> after_failure(ProtocolState state, WireFailure failure);

/// Reports until the report is accepted or the deadline has passed; in the good case with one
/// request. After a refusal it tries the other protocol at once. Before every other try it waits
/// (Backoff, Retry-After), never past the deadline.
///
/// Errors: kNotReported (the deadline came first; the message is the last cause) or kWireServer (a
/// final refusal), both with the number of tries as context; kInvalidInput, kToolMissing and
/// kUnexpected as HttpClient::send.
[[nodiscard]] Result<Told> report_health(HttpClient& http, std::string_view base_url,
                                         HealthProtocol protocol, Health health,
                                         std::string_view description, Clock& clock,
                                         const Deadline& deadline, AttemptLog& log);

}  // namespace azl::imds
