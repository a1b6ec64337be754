// The plan as JSON: docs/plan.md.
#pragma once

#include <string>

#include "provision/plan/plan.h"

namespace azl::provision {

/// Returns the plan as JSON with schema_version 1, indented, with a final newline. Replaces invalid
/// UTF-8. Pure.
[[nodiscard]] std::string to_json(const Plan& plan);

}  // namespace azl::provision
