// Base64 as Python reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace azl::provision::custom_data {

/// Decodes base64. Skips ASCII characters that are not of base64, and ends at padding that
/// completes a group. Returns nullopt if the last group is incomplete, and for other characters.
/// cloud-init reads `!!binary` and `b64` so; its own examples have dots in them.
[[nodiscard]] std::optional<std::string> decode_loose_base64(std::string_view text);

}  // namespace azl::provision::custom_data
