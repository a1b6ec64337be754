// Whether custom data sets up disks: stage disks waits for it then.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision::custom_data {

/// Whether the document of this VM sets up disks, and its early stage has not ended with that.
/// Errors: kState, kIo.
[[nodiscard]] Result<bool> has_pending_disks(const Root& root, std::string_view vm_id);

}  // namespace azl::provision::custom_data
