// `azl-provision --report`
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Prints the report, as text or JSON, or the list of boots. Returns the exit status.
[[nodiscard]] int report_command(const ReportOptions& options);

}  // namespace azl::provision
