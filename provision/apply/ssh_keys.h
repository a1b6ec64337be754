// Puts the admin user's SSH keys in place.
#pragma once

#include "provision/plan/user.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Adds the planned keys to the first file from which sshd reads this user's keys, usually
/// ~/.ssh/authorized_keys. If that fails, returns an error if no password was set; otherwise
/// records a finding.
[[nodiscard]] StepResult put_ssh_keys(const Context& context, const PlannedUser& user,
                                      const Provisioning& progress, Recorder& recorder);

}  // namespace azl::provision
