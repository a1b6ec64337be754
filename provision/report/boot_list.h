// `azl-provision --report --list`: the boots that have records.
#pragma once

#include <string>

#include "provision/report/boots.h"
#include "provision/report/style.h"

namespace azl::provision {

/// Returns a line for each boot, oldest first, with the number that --boot takes. A line that is
/// wider than the style's width continues on indented lines.
[[nodiscard]] std::string describe_boots(const ReportInputs& inputs, const TextStyle& style);

/// Returns the boots as docs/boots-schema.json describes them.
[[nodiscard]] std::string boots_to_json(const ReportInputs& inputs);

}  // namespace azl::provision
