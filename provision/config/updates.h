// What [Updates] asks for.
#pragma once

#include <string>

namespace azl::provision {

/// Which updates are installed without a person.
enum class AutomaticUpdates {
  kNo,  ///< this agent changes nothing; the image's own settings stay
  kSecurity,
  kAll,
};

/// When updates may reboot the machine.
enum class UpdateReboot {
  kNever,
  kWhenNeeded,  ///< after updates that are in effect only after a reboot
};

}  // namespace azl::provision
