// Encodings that the platform uses. The simulator does not share the agent's code for them, because
// a mistake in shared code would go unnoticed.
#pragma once

#include <string>
#include <string_view>

namespace azl::platform {

/// RFC 4648 base64 with padding, on one line.
[[nodiscard]] std::string base64(std::string_view bytes);
/// Reverses the bytes of each of the first three groups of a UUID, as SMBIOS shows the id of a
/// generation 1 VM. `uuid` must be valid.
[[nodiscard]] std::string byte_swapped(std::string_view uuid);
/// Decodes %XX. Invalid escapes stay as they are.
[[nodiscard]] std::string percent_decoded(std::string_view text);
/// Encodes every character except the unreserved ones of RFC 3986.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace azl::platform
