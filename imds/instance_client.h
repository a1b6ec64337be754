// Asks IMDS for the instance document until it answers or the deadline has passed.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "imds/http.h"
#include "imds/instance.h"
#include "imds/question.h"
#include "imds/retry.h"

namespace azl::imds {

/// A parsed answer and the version of the API that gave it.
struct ImdsAnswer {
  Instance instance;
  std::string api_version;
};

/// Fetches the document, in the good case with one request. Retries if the status says so
/// (Question), if there is no answer, and if the body is not a complete document. Retry
/// (imds/retry.h) paces the tries and ends before the deadline. An answer without `network` is
/// retried for kPartialLimit only, and then returned as it is (Instance::lost_network).
///
/// Errors: kImds*, the last one, with the number of tries as context; kInvalidInput, kToolMissing
/// and kUnexpected as HttpClient::send.
[[nodiscard]] Result<ImdsAnswer> fetch_instance(HttpClient& http, std::string_view base_url,
                                                Clock& clock, const Deadline& deadline,
                                                AttemptLog& log);

}  // namespace azl::imds
