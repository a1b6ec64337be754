// The command check-image.
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Says what in an image would keep a VM from provisioning or surprise its users, and repairs it if
/// asked to. Returns 0 if there is nothing but notes, 1 for errors, 2 for warnings, and kExitUsage
/// if there is no such directory.
[[nodiscard]] int check_image_command(const CheckImageOptions& options);

}  // namespace azl::provision
