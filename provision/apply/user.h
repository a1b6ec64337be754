// Makes the admin user.
#pragma once

#include "provision/gather/facts.h"
#include "provision/plan/user.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Makes the account with its groups, or adopts the one that exists. Sets `progress.account`. Adds
/// a finding if files of the home's former owner were renamed, or stayed that owner's.
[[nodiscard]] StepResult make_user(const Context& context, const Facts& facts,
                                   const PlannedUser& user, Provisioning& progress,
                                   Recorder& recorder);

}  // namespace azl::provision
