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

/// Decides whether the media's password is set for `user`, or the password is locked. It is locked
/// if the media has none; if the media names another user or none (a degraded finding, kPassword);
/// or if the password is too long (a degraded finding, kPasswordLength).
[[nodiscard]] PlannedPassword decide_password(const Facts& facts, const std::string& user,
                                              Findings& findings);

}  // namespace azl::provision
