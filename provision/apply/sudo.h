// Lets the admin user become root.
#pragma once

#include "provision/gather/facts.h"
#include "provision/plan/user.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Writes /etc/sudoers.d/90-azl-provision, or removes it if [User] Sudo=no.
[[nodiscard]] StepResult allow_sudo(const Context& context, const Facts& facts,
                                    const PlannedUser& user, const Provisioning& progress);

}  // namespace azl::provision
