// `azl-provision deprovision`
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Makes this machine, or a tree, ready to be captured as an image. Returns the exit status: 0
/// done, 1 something could not be removed, 2 something of this VM was kept.
[[nodiscard]] int deprovision_command(const DeprovisionCommand& command);

}  // namespace azl::provision
