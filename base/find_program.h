// Looks for a program of the system.
#pragma once

#include <string>
#include <string_view>

#include "base/root.h"

namespace azl {

/// Finds an executable program. Returns its path as the kernel sees it, or empty text if the system
/// lacks the program.
[[nodiscard]] std::string find_program(const Root& root, std::string_view name);

}  // namespace azl
