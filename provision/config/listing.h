// Lists the configuration as text that is itself a valid configuration file.
#pragma once

#include <string>

#include "provision/config/config.h"

namespace azl::provision {

/// Returns all sections and keys. A key that is set has a line with its value, and a comment above
/// it with file and line; a key with several values has several. Any other key is a comment with
/// its default: "#Sudo=nopasswd". Pure.
[[nodiscard]] std::string list_config(const Config& config);

}  // namespace azl::provision
