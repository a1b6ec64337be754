// Decides which SSH keys the admin user gets. Pure.
#pragma once

#include <string>
#include <vector>

#include "provision/accounts/ssh_key.h"
#include "provision/gather/facts.h"
#include "provision/plan/finding.h"

namespace azl::provision {

struct PlannedKey {
  SshKey key;
  std::string why;
};

/// Returns the valid keys of IMDS, or those of the media if IMDS has none, or those of certificates
/// that the media names if it has none either (plan/certificates.h). Skips duplicates. Each invalid
/// key is a degraded finding.
[[nodiscard]] std::vector<PlannedKey> decide_ssh_keys(const Facts& facts, Findings& findings);

}  // namespace azl::provision
