// Converts public keys of other formats to OpenSSH's "TYPE BASE64 [COMMENT]".
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::provision {

/// Converts a PEM block. `label` is the text after "BEGIN ": "PUBLIC KEY" (PKCS#8), "RSA PUBLIC
/// KEY" (PKCS#1), "CERTIFICATE" or "X509 CERTIFICATE", whose public key is taken; whether the
/// certificate is valid is not checked. `body` is the base64 between the markers, with white space.
/// The key may be RSA, EC on P-256, P-384 or P-521, or Ed25519. Pure. Errors: kSshKey.
[[nodiscard]] Result<std::string> convert_pem(std::string_view label, std::string_view body);

/// Reframes the lines between the markers of an SSH2 public key (RFC 4716): headers, then base64.
/// Keeps its comment. Does not check the key. Pure. Errors: kSshKey.
[[nodiscard]] Result<std::string> convert_ssh2(std::string_view body);

}  // namespace azl::provision
