// The system's os-release(5).
#pragma once

#include <string_view>

#include "base/root.h"
#include "provision/custom_data/parse/instance_variables.h"

namespace azl::provision::custom_data {

/// Parses os-release(5). Ignores lines that are no assignment. Pure.
[[nodiscard]] OsRelease parse_os_release(std::string_view text);

/// Reads /etc/os-release, else /usr/lib/os-release. All is empty if neither can be read.
[[nodiscard]] OsRelease read_os_release(const Root& root);

}  // namespace azl::provision::custom_data
