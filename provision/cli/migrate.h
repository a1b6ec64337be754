// `azl-provision migrate`
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Takes over a running VM, or a tree, from the agent that provisioned it. Returns the exit status:
/// 0 done, or done before; 1 refused or failed; 2 done, and something that the other agent did is
/// lost; 3 there is no other agent.
[[nodiscard]] int migrate_command(const MigrateOptions& command);

}  // namespace azl::provision
