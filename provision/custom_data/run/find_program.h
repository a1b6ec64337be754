// Looks for a program of the system.
#pragma once

#include <string>
#include <string_view>

#include "base/root.h"

namespace azl::provision::custom_data {

/// The path of a program as the kernel sees it; empty if there is none that can be executed.
[[nodiscard]] std::string find_program(const Root& root, std::string_view name);

}  // namespace azl::provision::custom_data
