// The command config.
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Prints the configuration that is in effect, or the defaults, or only what is wrong with it.
/// Returns kExitDone, or kExitFailed if a line cannot be used or a file cannot be read.
int config_command(const ConfigOptions& options);

}  // namespace azl::provision
