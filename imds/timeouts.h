// How long the program waits for IMDS and the WireServer.
#pragma once

#include "base/clock.h"

namespace azl::imds {

// ---- Defaults of the configuration: how long to keep trying ----

inline constexpr Duration kImdsTimeout = std::chrono::minutes(5);            ///< [Imds] Timeout=
inline constexpr Duration kImdsTimeoutWithMedia = std::chrono::seconds(60);  ///< TimeoutWithMedia=
inline constexpr Duration kInlineReportTimeout =
    std::chrono::seconds(15);  ///< [Report] InlineTimeout=
inline constexpr Duration kLateReportTimeout = std::chrono::minutes(20);  ///< [Report] LateTimeout=

/// How long IMDS is asked for the attested document, after the boot.
inline constexpr Duration kAttestedTimeout = std::chrono::seconds(30);

// ---- One request ----

/// Of the first try. Short, because a healthy host answers in milliseconds, and the kernel repeats
/// a lost SYN only after 1 s: connecting anew is quicker.
inline constexpr Duration kFirstConnectTimeout = std::chrono::milliseconds(500);
inline constexpr Duration kFirstRequestTimeout = std::chrono::seconds(5);
/// Of later tries at most, for a slow host.
inline constexpr Duration kLongestConnectTimeout = std::chrono::seconds(5);
inline constexpr Duration kLongestRequestTimeout = std::chrono::seconds(30);

/// How long a 410 of IMDS means "not yet". Azure's documents: "retry after some time for a max of
/// 70 seconds".
inline constexpr Duration kGoneLimit = std::chrono::seconds(70);
/// How long IMDS is asked again after an answer without `network`. After that the rest of the
/// answer is used.
inline constexpr Duration kPartialLimit = std::chrono::seconds(5);
/// Of a request for the document of a pre-provisioned VM's user, in all. An answer that does not
/// come costs an idle VM one wake-up in that time. If the VM is moved to another network meanwhile,
/// the document comes that much later at most.
inline constexpr Duration kReprovisionRequestTimeout = std::chrono::seconds(60);
/// The longest pause between two such requests: the document comes that much later at most.
inline constexpr Duration kReprovisionPause = std::chrono::seconds(5);
/// How long the certificates of SSH keys are asked for, in all. A VM that gets its key in this way
/// has no other, so it is as long as the wait for IMDS of a VM with media.
inline constexpr Duration kCertificatesTimeout = std::chrono::seconds(60);
/// Longest Retry-After that is believed. It exceeds every deadline of this program, and is below
/// what a date means to a clock that was never set.
inline constexpr Duration kRetryAfterLimit = std::chrono::hours(1);

/// How long one try may take.
struct TryTimeouts {
  Duration connect;
  Duration total;
};
/// Returns the time-outs of try `number`, the first being 0: they double with each try.
[[nodiscard]] TryTimeouts timeouts_of_try(int number);

}  // namespace azl::imds
