// Which program for automatic updates the image has.
#pragma once

#include "base/root.h"
#include "provision/gather/facts.h"

namespace azl::provision {

/// Looks for the timers of dnf 5 and dnf 4, then for unattended-upgrades. What cannot be read is
/// not there.
[[nodiscard]] UpdateFacts gather_updates(const Root& root);

}  // namespace azl::provision
