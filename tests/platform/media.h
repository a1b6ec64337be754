// azl-platform media: the provisioning DVD, as a directory or as an image.
#pragma once

#include <string>

#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// Writes ovf-env.xml below a directory, which is made if missing, or an image (UDF and ISO 9660,
/// by genisoimage) when `output` ends in ".iso". Fails where the scenario has no media.
[[nodiscard]] Result<void> write_media(const Scenario& scenario, const std::string& output);

}  // namespace azl::platform
