// How Azure names a certificate: the SHA-1 of its DER in hex.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace azl::imds {

/// Returns the fingerprint of a certificate: 40 upper-case hex digits. Empty, with an error in
/// OpenSSL's queue, if OpenSSL has no SHA-1. The digest is a name only, nothing is trusted because
/// of it.
[[nodiscard]] std::string fingerprint_of(std::string_view der);

/// Returns a fingerprint as fingerprint_of() writes it. `text` may have lower case, colons between
/// digits, and white space around it. Returns nullopt if it has not 40 hex digits.
[[nodiscard]] std::optional<std::string> parse_fingerprint(std::string_view text);

}  // namespace azl::imds
