// Tells the platform Ready or NotReady, and remembers what could not be told.
#pragma once

#include <string>

#include "provision/gather/facts.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// Tells this boot's outcome, else what an earlier stage could not tell, for `how_long` at most.
/// What cannot be told is remembered in `state` as untold, and azl-provision-report.service goes
/// on.
[[nodiscard]] StepResult tell_health(const Context& context, const Facts& facts,
                                     const Provisioning& progress, Duration how_long, State& state,
                                     Recorder& recorder);

/// For a VM that was provisioned on an earlier boot: has azl-provision-report.service tell what is
/// still untold, so that no login waits for it.
[[nodiscard]] StepResult leave_to_report_stage(const Context& context, const State& state,
                                               Recorder& recorder);

}  // namespace azl::provision
