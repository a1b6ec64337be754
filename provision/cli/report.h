// `azl-provision --report`
#pragma once

#include "base/root.h"
#include "provision/cli/options.h"
#include "provision/report/boots.h"

namespace azl::provision {

/// Reads what `--report` and `status` are made of.
[[nodiscard]] ReportInputs read_report_inputs(const Root& root);

/// Prints the report, as text, JSON, HTML or OTLP; two boots beside each other; or the list of
/// boots. Returns the exit status.
[[nodiscard]] int report_command(const ReportOptions& options);

}  // namespace azl::provision
