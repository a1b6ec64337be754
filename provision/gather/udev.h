// Waits for udev.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/process.h"

namespace azl::provision {

/// Waits, for 20 s at most, until udev has handled the devices that were there when the machine
/// started: a driver may be loaded late. Returns how that went, as the end of a sentence; a failure
/// is no error, because a look at the devices shows what matters.
[[nodiscard]] std::string settle_devices(Processes& processes, Clock& clock);

}  // namespace azl::provision
