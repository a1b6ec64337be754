// Carries out what deprovision decided.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/root.h"
#include "provision/image/deprovision/deprovision.h"

namespace azl::provision {

/// What became of one of the decided removals.
struct RemovalEnd {
  Removal removal;
  std::optional<Error> error = {};  ///< it could not be done
};

/// Forgets, before anything else and durably, that this VM is provisioned. From here on, a boot of
/// this VM provisions it completely, so an interruption leaves no machine without host keys. Keeps
/// what an interrupted deprovision needs when it is run again: the admin user and the host name.
/// Errors: kIo, kReadOnly, kDiskFull; then nothing must be removed.
[[nodiscard]] Result<void> forget_provisioning(const Root& root);

/// Carries out the list in its order. Follows no symbolic link, and enters no mount. Goes on after
/// an error. Call forget_provisioning() first.
[[nodiscard]] std::vector<RemovalEnd> carry_out_removals(const Root& root, Processes& processes,
                                                         const Deadline& deadline,
                                                         const std::vector<Removal>& removals);

}  // namespace azl::provision
