// The report as JSON, for programs.
#pragma once

#include <string>

#include "provision/report/boots.h"

namespace azl::provision {

/// Returns the report as docs/report-schema.json describes it.
[[nodiscard]] std::string to_json(const ReportInputs& inputs, const ReportChoice& choice);

}  // namespace azl::provision
