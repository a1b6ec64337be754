// Two boots beside each other, as text.
#pragma once

#include <string>

#include "provision/report/comparison.h"
#include "provision/report/style.h"

namespace azl::provision {

/// Returns a table of the stages and steps of two boots, with what got slower marked.
[[nodiscard]] std::string describe_comparison(const Comparison& comparison, const TextStyle& style);

/// "+1.20 s slower", "-30.0 ms", "only here".
[[nodiscard]] std::string describe_change(const ComparedStep& step);

}  // namespace azl::provision
