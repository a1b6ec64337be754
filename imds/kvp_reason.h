// What the host is told about a failure: the `reason=` of PROVISIONING_REPORT.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::imds {

/// Returns the text for a reason; `{}` stands for a detail. Other programs match on these texts.
[[nodiscard]] std::string_view kvp_text(Reason reason);

/// Returns the text for an error. Replaces `{}` with the HTTP status (Reason::kImdsHttp), the
/// error's detail, or its cause if it has no detail.
[[nodiscard]] std::string kvp_reason(const Error& error);

}  // namespace azl::imds
