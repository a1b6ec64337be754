// Installs and upgrades packages with the system's package manager.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/root.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/output_log.h"
#include "provision/custom_data/run/program.h"

namespace azl::provision::custom_data {

/// What an installation needs. All of it outlives the call.
struct PackageContext {
  const Root& root;
  Clock& clock;
  Processes& processes;
  std::string instance_id;
  OutputLog& log;
  const WhileRunning& while_running;
  StopSignal& stop;
  bool again = false;  ///< an installation was interrupted
};

/// How an installation ended.
struct PackagesEnd {
  std::string what = {};             ///< "installed 2 packages with dnf"
  std::vector<Error> problems = {};  ///< empty: all was done
  bool stopped = false;              ///< the agent is to stop: not all was done
  bool reboot_required = false;      ///< found out only if the document asks for it
};

/// Updates the lists of packages, upgrades all and installs some, each if it is asked for. A
/// failure of one does not keep the next from being tried. All packages are installed in one
/// transaction; if that fails, one by one, so that the others are installed and the failed ones
/// are known. Waits up to ten minutes in all for other package managers, and then runs nothing
/// more. With apt, the lists are always updated before packages are installed, as by cloud-init.
///
/// Problems: kNoPackageManager, kCustomDataPackages, kCustomDataRepositories, kCustomDataAgain,
/// kRebootNotKnown.
[[nodiscard]] PackagesEnd install_packages(const InstallPackages& packages,
                                           const PackageContext& context);

}  // namespace azl::provision::custom_data
