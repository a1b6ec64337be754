// Text for terminals that do not show UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace azl {

/// Prepares text of printable() for a reader whose locale is not UTF-8. Replaces "…" by "...", and
/// escapes every other byte that is not ASCII as \xNN.
[[nodiscard]] std::string to_ascii(std::string_view text);

}  // namespace azl
