// Allows or forbids SSH logins by password.
#pragma once

#include "provision/accounts/sshd.h"
#include "provision/plan/plan.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Records what the user of this VM should know of what ensure_sshd() did, and reloads sshd on the
/// live machine if anything changed. Errors: the outcome's; kSshdOverruled or kSshdNoInclude if
/// sshd does not do what is wanted.
[[nodiscard]] StepResult end_sshd_change(const Context& context, const SshdWish& wish,
                                         Result<SshdOutcome> outcome, Recorder& recorder);

/// Configures sshd as planned, if its answer to step "login" is not already the planned one. After
/// a failure, forbids logins by password until a later boot succeeds. On a specialized or adopted
/// VM, only removes the drop-in that an earlier failure left, and does nothing if this boot failed.
[[nodiscard]] StepResult configure_sshd(const Context& context, const Plan& plan,
                                        Provisioning& progress, Recorder& recorder);

}  // namespace azl::provision
