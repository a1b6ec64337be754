// Sets or locks passwords.
#pragma once

#include "provision/gather/facts.h"
#include "provision/plan/user.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Sets the admin user's password to the media's, or locks it. An error only if there are no SSH
/// keys, or if the password was to be locked: else a finding.
[[nodiscard]] StepResult set_password(const Context& context, const Facts& facts,
                                      const PlannedUser& user, Provisioning& progress,
                                      Recorder& recorder);

/// Locks root's password, unless [User] LockRoot=no.
[[nodiscard]] StepResult lock_root(const Context& context);

/// Locks the password of `user`. Returns whether anything changed. Errors: as ensure_password.
[[nodiscard]] Result<bool> lock_password(const Context& context, const std::string& user);

}  // namespace azl::provision
