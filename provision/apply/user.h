// Makes the admin user.
#pragma once

#include <string>
#include <vector>

#include "provision/accounts/user.h"
#include "provision/gather/facts.h"
#include "provision/plan/user.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Says which groups were copied to /etc/group: "; copied group wheel from …". Empty: none.
[[nodiscard]] std::string describe_copied(const std::vector<Group>& copied);
/// Says what became of a home that was somebody else's: "; the home '/home/ann' …". Empty if it was
/// not.
[[nodiscard]] std::string describe_home(const Account& account, const ClaimedHome& home);
/// Adds a finding if files of the home's former owner were renamed, or stayed that owner's.
void record_home(const Account& account, const ClaimedHome& home, Recorder& recorder);

/// Makes the account with its groups, or adopts the one that exists. Sets `progress.account`.
/// Calls record_home().
[[nodiscard]] StepResult make_user(const Context& context, const Facts& facts,
                                   const PlannedUser& user, Provisioning& progress,
                                   Recorder& recorder);

}  // namespace azl::provision
