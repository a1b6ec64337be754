// Activates swap until the next boot.
#pragma once

#include <string>

#include "base/error.h"
#include "disk/plan/disk_action.h"
#include "disk/unfinished_work.h"
#include "provision/step/context.h"

namespace azl::provision {

/// Activates swap in the partition `device`, or in a file, which is made and recorded in the
/// history if it does not exist. Errors: kDisk (a file is there that may not be used: see
/// disk::why_not_swap_to), those of disk::make_swap_file, disk::swap_on and Root::write.
[[nodiscard]] Result<void> activate_swap(const Context& context, const std::string& device,
                                         const disk::act::Swap& swap, disk::DiskHistory& history);

}  // namespace azl::provision
