// Activates swap until the next boot.
#pragma once

#include <string>

#include "base/error.h"
#include "disk/plan/disk_action.h"
#include "provision/step/context.h"

namespace azl::provision {

/// Activates swap in the partition `device`, or in a file, which is made if it does not exist.
/// Errors: those of disk::make_swap_file and disk::swap_on.
[[nodiscard]] Result<void> activate_swap(const Context& context, const std::string& device,
                                         const disk::act::Swap& swap);

}  // namespace azl::provision
