// Decides what happens to the admin user's password. Pure.
#pragma once

#include <string>

#include "provision/accounts/password.h"
#include "provision/gather/facts.h"
#include "provision/plan/finding.h"

namespace azl::provision {

/// Holds no password: apply/ takes that from the Facts.
struct PlannedPassword {
  PasswordChange change = PasswordChange::kLocked;
  std::string why;
};

/// Sets the media's password for `user`. Locks the account if there is none, if the media names
/// another account or none, which is a degraded finding with kPassword, or if it is too long, which
/// is one with kPasswordLength.
[[nodiscard]] PlannedPassword decide_password(const Facts& facts, const std::string& user,
                                              Findings& findings);

}  // namespace azl::provision
