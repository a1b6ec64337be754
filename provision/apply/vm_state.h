// Remembers that this VM is being provisioned, and that it is.
#pragma once

#include <string>

#include "provision/gather/facts.h"
#include "provision/plan/plan.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/result.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// Writes the state of a VM on which this agent begins. From here on /var/lib/waagent/provisioned
/// may be ours, and after a power cut must not be taken for WALinuxAgent's own. Errors: as
/// save_state, and `state` is unchanged.
[[nodiscard]] Result<void> record_beginning(const Context& context, const Facts& facts,
                                            const Plan& plan, State& state);

/// Writes that the VM is provisioned, and that the platform is to be told. `degraded`: with
/// warnings.
[[nodiscard]] StepResult remember(const Context& context, const Facts& facts, const Plan& plan,
                                  const Provisioning& progress, bool degraded,
                                  const std::string& boot_id, State& state);

}  // namespace azl::provision
