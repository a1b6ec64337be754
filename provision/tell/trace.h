// Posts a boot's trace to an OpenTelemetry collector. Nothing waits for it.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "imds/http.h"
#include "provision/config/config.h"
#include "provision/step/context.h"
#include "provision/step/result.h"

namespace azl::provision {

/// How long sending a trace takes at most, with its second try.
inline constexpr Duration kTraceTimeout = std::chrono::seconds(30);

/// Returns where an endpoint takes traces: /v1/traces, if the endpoint has no path of its own.
/// Source: opentelemetry.io/docs/specs/otlp, "OTLP/HTTP Request".
[[nodiscard]] std::string trace_url(std::string_view endpoint);

/// Posts a trace in OTLP/JSON. Tries once more after a failure that may pass. Errors: kTraceNotSent
/// with the error of the last try; kInvalidInput if the endpoint is no http or https address.
[[nodiscard]] Result<void> send_trace(imds::HttpClient& http, std::string_view endpoint,
                                      std::string trace, Clock& clock);

/// Has azl-provision-trace.service send this boot's trace once the boot has ended.
[[nodiscard]] StepResult start_trace(const Context& context);

}  // namespace azl::provision
