// Asks IMDS for the document that Azure signs.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "imds/http.h"
#include "imds/retry.h"

namespace azl::imds {

/// Returns a nonce for one request: ten random digits, the most that IMDS takes.
[[nodiscard]] std::string make_nonce();

/// Returns the signature, as parse_attested_answer(). Retries as fetch_instance() does, also after
/// an answer that makes no sense. Errors: kImds*, the last one, with the number of tries as
/// context; kInvalidInput, kToolMissing and kUnexpected as HttpClient::send.
[[nodiscard]] Result<std::string> fetch_attested(HttpClient& http, std::string_view base_url,
                                                 std::string_view nonce, Clock& clock,
                                                 const Deadline& deadline, AttemptLog& log);

}  // namespace azl::imds
