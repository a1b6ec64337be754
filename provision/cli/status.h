// `azl-provision status`
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Prints one sentence about the VM, or more if asked to, after waiting if asked to. Returns the
/// exit status that says the same.
[[nodiscard]] int status_command(const StatusOptions& options);

}  // namespace azl::provision
