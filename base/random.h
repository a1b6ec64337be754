// Random text that nobody can know before.
#pragma once

#include <string>

namespace azl {

/// Returns 16 random hexadecimal digits, from the kernel: getrandom(2).
[[nodiscard]] std::string random_hex();

}  // namespace azl
