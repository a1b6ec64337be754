// A boot as a trace of OpenTelemetry, for collectors and their tools.
#pragma once

#include <string>

#include "provision/report/boots.h"

namespace azl::provision {

/// Returns the chosen boot as one trace in OTLP/JSON (opentelemetry.io/docs/specs/otlp, "JSON
/// Protobuf Encoding"): the body of a POST to a collector's /v1/traces. Without a boot it has no
/// spans. Pure.
///
/// Spans: the boot; in it the stages; in each its steps; in a step the programs that it ran and the
/// requests that were sent while it ran. A request that no step covers belongs to its stage. A
/// finding is an event of its step. Each span lies within its parent. All times are those of the
/// last stage's clock, because the clock may be set during a boot. Where a program began within its
/// step is not recorded: those of a step follow each other from its beginning, and the attribute
/// azl_provision.start_estimated says so.
///
/// Ids are hashes of the boot id, the VM id and the place of a span, so that another export of the
/// same boot has the same ids. Texts are without secrets, as redact() knows them.
[[nodiscard]] std::string to_otlp(const ReportInputs& inputs, const ReportChoice& choice);

}  // namespace azl::provision
