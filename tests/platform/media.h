// azl-platform media: writes the provisioning DVD as a directory or as an image.
#pragma once

#include <string>

#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// If `output` ends in ".iso", makes an image (UDF and ISO 9660) with genisoimage. Otherwise writes
/// ovf-env.xml into the directory `output`, which is made if missing. Fails if the scenario has no
/// media.
[[nodiscard]] Result<void> write_media(const Scenario& scenario, const std::string& output);

}  // namespace azl::platform
