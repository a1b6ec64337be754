// The VMs of a fleet: one scenario, and what differs from VM to VM.
#pragma once

#include "tests/platform/scenario.h"

namespace azl::platform {

/// Returns the scenario of one VM of a fleet. `number` counts the VMs from 1. Each has a VM id, a
/// name, a host name and MAC addresses of its own: those of `scenario`, continued.
[[nodiscard]] Scenario fleet_member(const Scenario& scenario, unsigned number);

}  // namespace azl::platform
