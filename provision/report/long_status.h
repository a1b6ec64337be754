// `azl-provision status --long` and `--format=json`: the status with its stages and what it waits
// for.
#pragma once

#include <string>

#include "provision/report/boots.h"
#include "provision/report/status.h"
#include "provision/report/style.h"

namespace azl::provision {

/// Returns the status as a few lines: the sentence; VM and boot; each stage with its outcome and
/// time; the running step, and what it waits for; the number of warnings; and where to read on.
/// `root` is the tree that was read, for the commands that the last line names.
[[nodiscard]] std::string describe_status(const ReportInputs& inputs, const Status& status,
                                          const std::string& root, const TextStyle& style);

/// Returns the same as docs/status-schema.json describes it.
[[nodiscard]] std::string status_to_json(const ReportInputs& inputs, const Status& status);

}  // namespace azl::provision
