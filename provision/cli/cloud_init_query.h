// `cloud-init query`
#pragma once

#include "provision/cli/cloud_init_options.h"

namespace azl::provision {

/// Prints a variable of this VM, all of them, their names, or a text with them. Returns 1 if there
/// is no such variable, or nothing was asked for.
[[nodiscard]] int cloud_init_query_command(const CloudInitOptions& options);

}  // namespace azl::provision
