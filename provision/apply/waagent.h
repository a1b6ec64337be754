// Hands over to WALinuxAgent, which runs extensions.
#pragma once

#include "base/secret.h"
#include "provision/gather/facts.h"
#include "provision/plan/plan.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/result.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// Writes what WALinuxAgent looks for to /var/lib/waagent: ovf-env.xml without its secrets,
/// published_hostname, `provisioned` with the VM id, and disable_agent if it must not start.
/// Nothing for an adopted VM.
[[nodiscard]] StepResult hand_over(const Context& context, const Facts& facts,
                                   const Secret& ovf_text, const Plan& plan,
                                   Provisioning& progress);

/// In the report stage, after Ready was told: starts the WALinuxAgent that was held back, without
/// waiting for it.
[[nodiscard]] StepResult start_guest_agent(const Context& context, const State& state);

/// Has WALinuxAgent take a host name for one that Azure's DNS knows, so that it does not restart
/// the network to publish it. Does nothing if nothing was handed over. Errors: kHandOver.
[[nodiscard]] Result<void> hand_over_host_name(const Root& root, const std::string& name);

}  // namespace azl::provision
