// Dates as mail and cloud-init write them.
#pragma once

#include <string>

#include "base/clock.h"

namespace azl {

/// "Sun, 29 Nov 2026 13:38:02 +0000", UTC. RFC 5322, section 3.3.
[[nodiscard]] std::string rfc5322(WallTime when);

}  // namespace azl
