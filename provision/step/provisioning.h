// How far the provisioning of this VM has come.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "provision/accounts/account.h"
#include "provision/accounts/sshd_config.h"

namespace azl::provision {

/// What one step of a run leaves for the next.
struct Provisioning {
  bool decided = false;                 ///< there is a plan
  std::optional<Error> failure = {};    ///< the first fatal one
  std::string host_name = {};           ///< set by this run; empty: not set
  std::string machine_id = {};          ///< made by this run; empty: not renewed
  std::optional<Account> account = {};  ///< the admin user, once it exists
  bool password_works = false;          ///< the admin user's password is set
  std::optional<SshdAnswer> sshd = {};  ///< for the admin user; empty: sshd could not be asked
  bool handed_over = false;             ///< what WALinuxAgent looks for is in place
};

}  // namespace azl::provision
