// Renews the machine id.
#pragma once

#include "provision/plan/choice.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Writes a new /etc/machine-id if the plan says so. It counts from the next boot on.
[[nodiscard]] StepResult renew_machine_id(const Context& context, const Choice& planned,
                                          Provisioning& progress);

}  // namespace azl::provision
