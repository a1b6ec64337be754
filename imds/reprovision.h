// Asks IMDS for the document of the user who gets a pre-provisioned VM.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "imds/http.h"
#include "imds/ovf.h"
#include "imds/retry.h"

namespace azl::imds {

inline constexpr std::string_view kReprovisionRequest =
    "/metadata/reprovisiondata?api-version=2019-06-01";

/// Whether a PPS type of media or IMDS says that the VM is in a pool: "" and "None" do not.
[[nodiscard]] inline bool names_pool(std::string_view pps_type) {
  return !pps_type.empty() && pps_type != "None";
}

/// The ovf-env.xml that replaces the one of the pool.
struct ReprovisionData {
  Ovf ovf;
  Secret text;
  std::string effort;  ///< "asking IMDS, 3 tries in 1.2 s"
};

/// How the document is asked for.
struct ReprovisionPoll {
  std::string base_url;
  std::string waits_for;                        ///< HttpRequest::waits_for
  std::function<void()> renew_network = [] {};  ///< called before a try that follows one without a
                                                ///< connection
};

/// Asks until there is a document: there is no deadline, because a VM may be in its pool for days.
/// Every status but 2xx, an empty answer and a missing one mean "not yet". One request is open at a
/// time, for kReprovisionRequestTimeout at most; the pauses grow to kReprovisionPause, and
/// Retry-After can make them longer. `log` gets the first and the last requests only. Errors:
/// kOvfMalformed and kOvfUnexpected if a document comes that cannot be used, also when asked for
/// again a few times; kInvalidInput, kToolMissing and kUnexpected as HttpClient::send.
[[nodiscard]] Result<ReprovisionData> poll_reprovision_data(HttpClient& http,
                                                            const ReprovisionPoll& poll,
                                                            Clock& clock, AttemptLog& log);

}  // namespace azl::imds
