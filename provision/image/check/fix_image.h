// Repairs what a check found, where that is safe.
#pragma once

#include <string>
#include <vector>

#include "base/root.h"
#include "provision/image/check/checks.h"

namespace azl::provision {

/// What was tried for a finding.
struct CheckFix {
  Check check;
  std::string what;   ///< what was done, or what was to be done, a sentence
  std::string error;  ///< why it was not done; empty: it was
};

/// Repairs the findings whose row in the table says so. Follows no symbolic link, and removes
/// nothing that the findings do not name. Skips a unit that a preset disables.
[[nodiscard]] std::vector<CheckFix> fix_image(const Root& root, const CheckFindings& findings);

}  // namespace azl::provision
