// Asks IMDS for the instance document until it answers or the deadline has passed.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "imds/http.h"
#include "imds/instance.h"
#include "imds/retry.h"

namespace azl::imds {

inline constexpr std::string_view kImdsUrl = "http://169.254.169.254";
inline constexpr std::string_view kImdsHost = "169.254.169.254";
/// systemd 261 and later can let only sockets with this mark reach IMDS.
inline constexpr unsigned kImdsMark = 0x7FFF0815;

/// A parsed answer and the version of the API that gave it.
struct ImdsAnswer {
  Instance instance;
  std::string api_version;
};

/// What a status of IMDS means for the next try.
enum class StatusMeaning { kOk, kTryAgain, kFinal };
/// | status | meaning |
/// |---|---|
/// | 2xx | an answer |
/// | 404, 408, 410, 429, 5xx | try again |
/// | all others | final |
/// fetch_instance makes two exceptions. After a 400 it asks for another version at once, if
/// next_version (imds/api_version.h) has one. A 410 is final once kGoneLimit has passed since the
/// first 410.
[[nodiscard]] StatusMeaning meaning_of(int status);

/// Fetches the document, in the good case with one request. Retries if the status says so
/// (meaning_of), if there is no answer, and if the body is not a complete document. Retry
/// (imds/retry.h) paces the tries and ends before the deadline. An answer without `network` is
/// retried for kPartialLimit only, and then returned as it is (Instance::lost_network).
///
/// Errors: kImds*, the last one, with the number of tries as context; kInvalidInput, kToolMissing
/// and kUnexpected as HttpClient::send.
[[nodiscard]] Result<ImdsAnswer> fetch_instance(HttpClient& http, std::string_view base_url,
                                                Clock& clock, const Deadline& deadline,
                                                AttemptLog& log);

}  // namespace azl::imds
