// `azl-provision plan` and `render-network`: what would be done, with nothing changed.
#pragma once

#include <string>

#include "base/error.h"
#include "provision/cli/options.h"

namespace azl::provision {

/// Returns what the commands below print.
[[nodiscard]] Result<std::string> describe_plan(const PlanOptions& options);
[[nodiscard]] Result<std::string> describe_links(const PlanOptions& options);
[[nodiscard]] Result<std::string> describe_disks(const PlanOptions& options);

/// Prints the plan as JSON. Returns the exit status: kExitFailed also for a plan that refuses.
[[nodiscard]] int plan_command(const PlanOptions& options);
/// Prints the links of the machine, or of a tree by its /sys, as --links takes them.
[[nodiscard]] int dump_links_command(const PlanOptions& options);
/// Prints the disks of the running machine as --disks takes them. Only root can read them.
[[nodiscard]] int dump_disks_command(const PlanOptions& options);
/// Writes the planned .network files to a directory, or prints them one after the other.
[[nodiscard]] int render_network_command(const PlanOptions& options);

}  // namespace azl::provision
