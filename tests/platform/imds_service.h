// The Instance Metadata Service: which request gets which answer.
#pragma once

#include "tests/platform/http_message.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// The answer to one request, by IMDS's rules: the Metadata header, no X-Forwarded-For, GET only, a
/// known api-version.
[[nodiscard]] Answer answer_imds(const Scenario& scenario, const Request& request);

}  // namespace azl::platform
