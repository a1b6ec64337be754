// The steps that decide.
#pragma once

#include "provision/gather/facts.h"
#include "provision/plan/plan.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// Reads what the tree says, makes the plan, records its findings, and writes to the state that
/// this VM's provisioning has begun. The plan's fatal finding is its error.
[[nodiscard]] StepResult decide(const Context& context, Facts& facts, Plan& plan, State& state,
                                Provisioning& progress, Recorder& recorder);

/// In the link stage: plans the network once more, with the links and IMDS's answer as they are
/// now.
void decide_network_anew(const Context& context, Facts& facts, Plan& plan, Recorder& recorder);

/// In the close stage: finds where the main stage was killed. Always ends with an error,
/// kInterrupted, that says so.
[[nodiscard]] StepResult find_interruption(const Context& context, Facts& facts,
                                           Recorder& recorder);

}  // namespace azl::provision
