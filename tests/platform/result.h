// The return type of the simulator's functions that can fail: a value, or a sentence for the user.
#pragma once

#include <expected>
#include <string>

namespace azl::platform {

/// The error is only a sentence: the simulator needs no reason codes.
template <class T>
using Result = std::expected<T, std::string>;

}  // namespace azl::platform
