// Decides whether SSH keys are fetched by their certificates, and which of those are the user's.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "provision/gather/facts.h"
#include "provision/plan/choice.h"
#include "provision/plan/finding.h"
#include "provision/plan/ssh_keys.h"

namespace azl::provision {

/// Whether the WireServer is asked for certificates: only if the media names an SSH key by a
/// certificate's fingerprint, and neither IMDS nor the media gives a usable key. IMDS names none.
[[nodiscard]] Choice decide_certificates(const Facts& facts);

/// Whether that is so, and they were not asked for yet, as for the command plan. Then it is not
/// known whether the user has a key.
[[nodiscard]] bool awaits_certificates(const Facts& facts);

/// Returns the keys of the certificates that the media names, of those that were fetched. Each that
/// is missing or has a key that sshd does not accept is a degraded finding; so is a failure to
/// fetch them. Returns none if they were not fetched.
[[nodiscard]] std::vector<PlannedKey> decide_certificate_keys(const Facts& facts,
                                                              Findings& findings);

}  // namespace azl::provision
