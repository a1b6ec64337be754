// Keeps the ageing of the admin user's password from locking the user out.
#pragma once

#include "provision/plan/user.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Changes the ageing as [User] PasswordAgeing= says (plan/ageing.h). Runs after the password was
/// set or locked. Returns an error (kNoWayIn) if the user is locked out today. Records a finding if
/// the user will be locked out later, or if chage fails.
[[nodiscard]] StepResult set_ageing(const Context& context, const PlannedUser& user,
                                    Recorder& recorder);

}  // namespace azl::provision
