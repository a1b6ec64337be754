// Decides whether sshd accepts passwords. Pure.
#pragma once

#include <optional>
#include <string>

#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/finding.h"
#include "provision/plan/user.h"

namespace azl::provision {

struct PlannedSshd {
  bool password_authentication = false;
  std::string why;
};

/// Decides by IMDS, else by the media, else by whether a password is set. Adds a degraded finding
/// if the user can log in at the serial console only. Returns nullopt if sshd is not installed, or
/// [Ssh] ConfigureSshd=no.
[[nodiscard]] std::optional<PlannedSshd> decide_sshd(const Facts& facts, const Config& config,
                                                     const PlannedUser& user, Findings& findings);
/// Turns passwords off, after a failure. Returns nullopt as decide_sshd().
[[nodiscard]] std::optional<PlannedSshd> decide_closed_sshd(const Facts& facts,
                                                            const Config& config);

}  // namespace azl::provision
