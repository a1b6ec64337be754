// Asks IMDS for the instance document until it answers or the deadline has passed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imds/http.h"
#include "imds/instance.h"

namespace azl::imds {

inline constexpr std::string_view kImdsUrl = "http://169.254.169.254";
inline constexpr std::string_view kImdsHost = "169.254.169.254";
/// systemd >= 261 can let only sockets with this mark reach IMDS.
inline constexpr unsigned kImdsMark = 0x7FFF0815;
/// How long a 410 is taken for "not yet". Azure's documents: "retry after some time for a max of 70
/// seconds".
inline constexpr Duration kGoneLimit = std::chrono::seconds(70);

/// A parsed answer and the version of the API that gave it.
struct ImdsAnswer {
  Instance instance;
  std::string api_version;
};

/// What a status means for the next try.
enum class StatusMeaning { kOk, kTryAgain, kOtherVersion, kFinal };
/// Section 3 of the platform's facts as a function:
/// | status | meaning |
/// |---|---|
/// | 2xx | an answer |
/// | 400 | another version where the body has "newest-versions", else final |
/// | 404, 408, 410, 429, 5xx | try again |
/// | all else | final |
/// Two of them fetch_instance counts: a 400 without versions is answered with a few older ones, and
/// a 410 is final once kGoneLimit has passed since the first.
[[nodiscard]] StatusMeaning meaning_of(int status, bool names_versions);

/// The versions of the API that this program knows, newest first.
[[nodiscard]] std::span<const std::string_view> known_versions();
/// The version to ask for after a 400, none of `tried` (the last one refused). Where IMDS offered
/// some: the newest that is known too, else the newest from the oldest known one on. Where it
/// offered none: kBlindSteps more, the next older known ones and then the oldest. Empty: there is
/// none left to try.
[[nodiscard]] std::optional<std::string> next_version(const std::vector<std::string>& tried,
                                                      const std::vector<std::string>& offered);
/// How many versions are tried that IMDS did not name.
inline constexpr std::size_t kBlindSteps = 3;
/// How many versions are tried at all, whatever IMDS offers.
inline constexpr std::size_t kMaxVersions = 8;

/// Fetches, one request in the good case. Retries what may pass with Backoff: an answer that says
/// so (meaning_of), no answer, a body that is not a whole document. It never sleeps past the
/// deadline: when the next wait, or a Retry-After, would, it ends at once.
///
/// Errors: kImds*, the last one met, with the number of tries as context; kInvalidInput,
/// kToolMissing and kUnexpected of HttpClient::send.
[[nodiscard]] Result<ImdsAnswer> fetch_instance(HttpClient& http, std::string_view base_url,
                                                Clock& clock, const Deadline& deadline,
                                                AttemptLog& log);

}  // namespace azl::imds
