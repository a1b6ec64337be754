// `azl-provision kvp`
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Prints a pool of key-value pairs. Returns the exit status: 0, 2 if something is wrong with the
/// pool, kExitFailed if the guest's pool cannot be read, kExitUsage if the named file cannot.
[[nodiscard]] int kvp_command(const KvpOptions& options);

}  // namespace azl::provision
