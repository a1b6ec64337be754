// azl-platform fleet: the first boots of many VMs, side by side.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/platform/fleet_report.h"
#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

inline constexpr unsigned kLargestFleet = 200;

struct FleetOptions {
  Scenario scenario = {};  ///< of each VM, see fleet_member()
  unsigned vms = 1;        ///< from 1 to kLargestFleet
  std::string tree = {};   ///< the root tree that each VM gets a copy of; it is not changed
  std::string program = "azl-provision";     ///< a path, or a name to look up
  std::string directory = {};                ///< empty or missing; gets a folder for each VM
  Duration timeout = std::chrono::hours(1);  ///< of one VM
  std::function<void(unsigned ended)> progress = {};  ///< is told when a VM has ended; or empty
};

/// Copies the tree for each VM, starts the platform of each VM, and runs the first boot of all VMs
/// at the same time: every stage of the agent, with --root. Returns what came of each. Needs root,
/// as the agent does. Errors: the tree, the directory or the program cannot be used.
[[nodiscard]] Result<std::vector<FleetVm>> run_fleet(const FleetOptions& options);

}  // namespace azl::platform
