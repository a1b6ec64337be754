// The answers of the Instance Metadata Service (IMDS).
#pragma once

#include "tests/platform/http_message.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// Answers one request by the rules of IMDS: the Metadata header is required, X-Forwarded-For is
/// refused, only GET is allowed, and api-version must be known.
[[nodiscard]] Answer answer_imds(const Scenario& scenario, const Request& request);

}  // namespace azl::platform
