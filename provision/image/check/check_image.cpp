#include "provision/image/check/check_image.h"

#include <algorithm>
#include <tuple>

namespace azl::provision {

CheckFindings check_image(const ImageFacts& facts) {
  CheckFindings findings;
  for (const auto check : {check_agent, check_network, check_drivers, check_boot, check_fstab,
                           check_programs, check_sshd, check_accounts, check_state})
    check(facts, findings);
  for (const auto& each : facts.unchecked)
    findings.push_back(
        {.check = Check::kNotChecked, .path = each.path, .line = each.line, .detail = each.text});
  std::ranges::stable_sort(findings, {}, [](const CheckFinding& finding) {
    return std::tie(finding.check, finding.path, finding.line);
  });
  return findings;
}

}  // namespace azl::provision
