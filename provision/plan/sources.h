// Judges what the provisioning media and IMDS gave. Pure.
#pragma once

#include <string>

#include "provision/gather/facts.h"
#include "provision/plan/finding.h"

namespace azl::provision {

/// A value that a source gave, and where it stands there. Both are empty if no source gave one.
struct Named {
  std::string value;
  std::string why;  ///< "IMDS osProfile.adminUsername"
};

/// Adds a finding for each source that is missing or bad, or speaks for another VM. It is fatal if
/// there is neither media nor IMDS, or if the metadata proxy agent that the media requires is not
/// ready. Media that cannot be read is degraded if a password or custom data may have been on it,
/// else a note. A part of IMDS's answer that cannot be used is degraded.
void judge_sources(const Facts& facts, Findings& findings);

/// Adds a finding for each value that media and IMDS both give, and give differently, with both
/// values: degraded for the user, a note for the host name and the SSH keys. IMDS wins.
void judge_disagreement(const Facts& facts, Findings& findings);

/// Returns the type of a pre-provisioned VM, which waits in a pool for its user: "Running",
/// "Savable", … Media wins over IMDS. Returns "" for any other VM, and for one that has left its
/// pool.
[[nodiscard]] std::string preprovisioned_type(const Facts& facts);

}  // namespace azl::provision
