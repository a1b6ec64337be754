// The program under the name `cloud-init`.
#pragma once

#include "provision/cli/cloud_init_options.h"

namespace azl::provision {

/// Carries out a command of cloud-init. Returns cloud-init's exit status.
[[nodiscard]] int cloud_init_command(const CloudInitOptions& options);

}  // namespace azl::provision
