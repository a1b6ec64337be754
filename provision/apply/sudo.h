// Lets the admin user become root.
#pragma once

#include "provision/gather/facts.h"
#include "provision/plan/user.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Writes /etc/sudoers.d/90-azl-provision, or removes it if [User] Sudo=no. Removes rules for this
/// user that other agents left and that say something else. Then asks sudo, on a live machine,
/// whether the user can become root; in a root tree reads the sudoers files. If the user cannot, a
/// degraded finding names the cause.
[[nodiscard]] StepResult allow_sudo(const Context& context, const Facts& facts,
                                    const PlannedUser& user, const Provisioning& progress,
                                    Recorder& recorder);

}  // namespace azl::provision
