#include "provision/gather/updates.h"

namespace azl::provision {

UpdateFacts gather_updates(const Root& root) {
  const auto has_unit = [&](const std::string& unit) {
    return root.exists("/usr/lib/systemd/system/" + unit);
  };
  UpdateFacts facts;
  if (has_unit("dnf5-automatic.timer")) {
    facts.program = UpdateProgram::kDnf5Automatic;
  } else if (has_unit("dnf-automatic.timer")) {
    facts.program = UpdateProgram::kDnfAutomatic;
  } else if (has_unit("apt-daily-upgrade.timer") && root.exists("/usr/bin/unattended-upgrade")) {
    facts.program = UpdateProgram::kUnattendedUpgrades;
  }
  facts.dnf_config = root.read(std::string(kDnfAutomaticFile)).value_or(std::string());
  return facts;
}

}  // namespace azl::provision
