// Decides by sshd's answer whether the admin user can log in over SSH. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "provision/accounts/account.h"
#include "provision/accounts/sshd_config.h"
#include "provision/accounts/sshd_settings.h"
#include "provision/plan/finding.h"
#include "provision/plan/ssh_keys.h"

namespace azl::provision {

/// Who is to log in, and what sshd says about it.
struct LoginQuestion {
  const SshdAnswer& answer;
  std::span<const SshdSetting> settings;  ///< for the file and line of a keyword
  const Account& account;
  std::vector<std::string> groups;  ///< of this account
  std::span<const PlannedKey> keys;
  bool password = false;       ///< a password is set, and sshd is to accept passwords
  bool locked = false;         ///< the password field begins with "!"
  bool required = false;       ///< [Ssh] RequireLogin=yes
  bool knows_accounts = true;  ///< sshd sees the user's groups; false for a tree
};

/// Adds a finding for each obstacle. Each names the keyword, and its file and line if they are
/// found.
///   kNoWayIn  fatal: sshd refuses each given key by its algorithm or size, and no password works;
///             or it refuses the account, because its password is locked and UsePAM is no
///   kSshKey   degraded: sshd refuses one key of several, or there is a password
///   kSshd     a policy of the image: DenyUsers, AllowUsers, DenyGroups, AllowGroups,
///             PubkeyAuthentication, AuthenticationMethods, AuthorizedKeysFile. Degraded, because
///             images for domain users have one on purpose. Fatal if nobody can log in and
///             [Ssh] RequireLogin=yes
///   kSshd     note: a Match block of a tree that sshd could not judge
void judge_login(const LoginQuestion& question, Findings& findings);

}  // namespace azl::provision
