// Decides the admin user: name, groups, shell, sudo, keys and password. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "provision/accounts/password.h"
#include "provision/accounts/sudoers.h"
#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/choice.h"
#include "provision/plan/finding.h"
#include "provision/plan/sources.h"
#include "provision/plan/ssh_keys.h"

namespace azl::provision {

struct PlannedUser {
  std::string name;
  std::vector<std::string> groups;  ///< configured groups that exist
  std::string shell;                ///< of a new account
  PasswordChange password = PasswordChange::kLocked;
  std::string password_why;
  std::vector<PlannedKey> keys;
  Choice certificates = {};  ///< keys are fetched by their certificates
  SudoRule sudo = SudoRule::kNoPassword;
  std::string why;
};

/// Returns the user's name; IMDS wins over the media.
[[nodiscard]] Named find_user_name(const Facts& facts);

/// Decides the user. Adds a fatal finding if nobody could log in as this user. Returns nullopt if
/// no source gives a valid name, which is fatal too.
[[nodiscard]] std::optional<PlannedUser> decide_user(const Facts& facts, const Config& config,
                                                     Findings& findings);

}  // namespace azl::provision
