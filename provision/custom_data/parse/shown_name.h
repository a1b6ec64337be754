// Names of a document in remarks. Secret text can stand where a name should, so only what looks
// like a name is shown.
#pragma once

#include <string>
#include <string_view>

namespace azl::provision::custom_data {

/// What can be said instead of a key.
inline constexpr std::string_view kUnshownKey = "like this one";

/// Whether a name has at most 40 letters, digits, "_", "-" and ".", and nothing else.
[[nodiscard]] bool is_shown_name(std::string_view name);

/// Returns a name in quotes, such as "'run_cmd'", if it is shown; else `instead`, such as "this
/// key".
[[nodiscard]] std::string quote_name(std::string_view name, std::string_view instead);

/// As quote_name(), and for "/" and "+" too: a content type, or an encoding.
[[nodiscard]] std::string quote_type(std::string_view type, std::string_view instead);

}  // namespace azl::provision::custom_data
