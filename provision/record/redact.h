// Removes secrets from text that leaves the machine.
#pragma once

#include <string>
#include <string_view>

namespace azl::provision {

/// A text without its secrets.
struct Redacted {
  std::string text;
  int removed = 0;  ///< number of places
};

/// Replaces each secret in a text by "[removed]": private keys; password hashes; the values of
/// names such as "password", "adminPassword", "customData", "protectedSettings", "AccountKey" or
/// "sig" in JSON, XML, URLs, YAML, HTTP headers, assignments and long options; bearer tokens and
/// other JWTs; the user part of URLs. A value that is a fixed word of the plan, a boolean or the
/// text of an errno stays ("locked", "yes", "No space left on device"). JSON stays JSON. If in
/// doubt, removes too much. Pure.
[[nodiscard]] Redacted redact(std::string_view text);

}  // namespace azl::provision
