// Puts the admin user's SSH keys in place.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/root.h"
#include "provision/accounts/account.h"
#include "provision/accounts/ssh_key.h"
#include "provision/accounts/sshd_config.h"
#include "provision/plan/user.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Where keys were installed.
struct InstalledKeys {
  std::string file;
  bool changed = false;
};

/// Adds keys to the first file that can be used of those in which sshd looks for the user's keys.
/// `sshd` is its answer for the user; without one, or if it looks in none, the keys go to
/// ~/.ssh/authorized_keys: they count as soon as sshd's configuration is changed. Records a finding
/// for each file that cannot be used, unless it is the last. Errors: as install_keys().
[[nodiscard]] Result<InstalledKeys> install_in_first(const Root& root, const Account& account,
                                                     const std::optional<SshdAnswer>& sshd,
                                                     std::span<const SshKey> keys,
                                                     Recorder& recorder);

/// Adds the planned keys to the first file from which sshd reads this user's keys, usually
/// ~/.ssh/authorized_keys. If that fails, returns an error if no password was set; otherwise
/// records a finding.
[[nodiscard]] StepResult put_ssh_keys(const Context& context, const PlannedUser& user,
                                      const Provisioning& progress, Recorder& recorder);

}  // namespace azl::provision
