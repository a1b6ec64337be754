// Encodings in which the platform tells things. The simulator has its own, so that a mistake in the
// agent's can't hide behind the same mistake here.
#pragma once

#include <string>
#include <string_view>

namespace azl::platform {

/// RFC 4648 base64 with padding, on one line.
[[nodiscard]] std::string base64(std::string_view bytes);
/// The first three groups of a UUID with their bytes reversed: how SMBIOS shows the id of a
/// generation 1 VM. `uuid` must be one.
[[nodiscard]] std::string byte_swapped(std::string_view uuid);
/// Decodes %XX; what isn't valid stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);
/// Encodes all but the unreserved characters of RFC 3986.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace azl::platform
