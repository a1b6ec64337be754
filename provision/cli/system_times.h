// When systemd reached the parts of this boot, asked over D-Bus.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "provision/report/system_times.h"

namespace azl::provision {

/// Asks systemd for the times of this boot and of kShownUnits. Needs no root. Units that this boot
/// did not start are left out. `bus_address` is in D-Bus's syntax; empty: the system bus. Errors:
/// kIo, kTimeout.
[[nodiscard]] Result<SystemTimes> ask_system_times(const Deadline& deadline,
                                                   const std::string& bus_address = {});

}  // namespace azl::provision
