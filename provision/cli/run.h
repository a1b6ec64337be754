// `azl-provision run`
#pragma once

#include "provision/engine/stage_run.h"

namespace azl::provision {

/// Runs the stages with progress on stderr. Returns the exit status.
[[nodiscard]] int run_command(const RunOptions& options);

}  // namespace azl::provision
