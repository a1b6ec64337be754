// Decides the host name. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "provision/gather/facts.h"
#include "provision/plan/finding.h"

namespace azl::provision {

struct PlannedHostName {
  std::string value;
  std::string why;
};

/// Decides the host name; IMDS wins over the media. Returns nullopt if it stays as it is: if no
/// source gives one, or the given one is invalid, which is a degraded finding.
[[nodiscard]] std::optional<PlannedHostName> decide_host_name(const Facts& facts,
                                                              Findings& findings);

/// Decides the host name in the local stage, before IMDS can be asked, from the media. Returns
/// nullopt if the media has no valid one, or the VM is pre-provisioned.
[[nodiscard]] std::optional<PlannedHostName> early_host_name(const Facts& facts);

}  // namespace azl::provision
