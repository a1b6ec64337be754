// The command validate.
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Says what is wrong with a file of custom data, and what it will do. Returns 0 if nothing but
/// notes are said, 1 for warnings, 2 for errors, and kExitUsage if a file cannot be read.
[[nodiscard]] int validate_command(const ValidateOptions& options);

}  // namespace azl::provision
