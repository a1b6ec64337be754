// `cloud-init status`
#pragma once

#include "provision/cli/cloud_init_options.h"

namespace azl::provision {

/// Prints the status, after waiting if asked to. Returns 0, 1 for errors, 2 for warnings.
[[nodiscard]] int cloud_init_status_command(const CloudInitOptions& options);

}  // namespace azl::provision
