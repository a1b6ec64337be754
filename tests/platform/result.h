// What the simulator's own functions return when they can fail: the value, or a sentence for the
// user.
#pragma once

#include <expected>
#include <string>

namespace azl::platform {

/// The simulator has no reason codes: whoever runs it reads the sentence.
template <class T>
using Result = std::expected<T, std::string>;

}  // namespace azl::platform
