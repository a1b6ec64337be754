// The report as text, for people: readable on a serial console of 80 columns, the outcome first.
#pragma once

#include <string>

#include "provision/report/boots.h"
#include "provision/report/style.h"

namespace azl::provision {

/// Returns the report as text. Nothing in it can harm a terminal.
[[nodiscard]] std::string to_text(const ReportInputs& inputs, const ReportChoice& choice,
                                  const TextStyle& style);

}  // namespace azl::provision
