// Allows or forbids SSH logins by password.
#pragma once

#include "provision/plan/plan.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Configures sshd as planned, if its answer to step "login" is not already the planned one. After
/// a failure, forbids logins by password until a later boot succeeds. On a specialized or adopted
/// VM only takes back what an earlier failure closed, and not even that if this boot failed too.
[[nodiscard]] StepResult configure_sshd(const Context& context, const Plan& plan,
                                        Provisioning& progress, Recorder& recorder);

}  // namespace azl::provision
