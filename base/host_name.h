// Checks host names. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace azl {

inline constexpr std::size_t kHostNameLimit = 64;  ///< bytes: HOST_NAME_MAX of Linux
inline constexpr std::size_t kLabelLimit = 63;     ///< bytes: RFC 1035

/// Checks a host name: labels of letters, digits and inner hyphens, at most 63 characters each.
/// Returns it, without the last labels if it has more than 64 bytes. A first label of 64 characters
/// is cut to 63. Errors: kHostName.
[[nodiscard]] Result<std::string> valid_host_name(std::string_view given);

}  // namespace azl
