// Tells the platform that a pre-provisioned VM is ready for its pool.
#pragma once

#include <functional>
#include <string>

#include "provision/gather/facts.h"
#include "provision/plan/preprovisioned.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Writes the report for the host, with the type of the pool, and tells Ready, for [Report]
/// LateTimeout= at most. A platform that takes away the NIC at once has heard it, although no
/// answer comes: `is_gone` tells whether the NIC has gone. Errors: as report_health().
[[nodiscard]] StepResult tell_pool_ready(const Context& context, const Facts& facts,
                                         const PoolPlan& plan, const std::function<bool()>& is_gone,
                                         Recorder& recorder);

/// Has systemd wait for the service as long as its VM is in the pool. Does nothing for a tree.
void allow_long_wait(const Context& context);

}  // namespace azl::provision
