// Makes certificates, and what the WireServer sends of them: a PFX with an empty password,
// encrypted as CMS. Bad ones too, for tests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/platform/result.h"

namespace azl::platform {

/// A certificate and its private key.
struct KeyedCertificate {
  std::string certificate;  ///< DER
  std::string key;          ///< PKCS #8 as DER; empty: there is none
};

/// Makes a key of a kind ("RSA", "P-256", "P-384", "P-521", "ED25519", "ED448"), and its
/// self-signed certificate.
[[nodiscard]] Result<KeyedCertificate> make_certificate(const std::string& kind);
/// Reads the first certificate in PEM, and the first private key if there is one.
[[nodiscard]] Result<KeyedCertificate> read_certificate(const std::string& pem);
/// Returns the SHA-1 of a certificate's DER, as 40 upper-case hex digits.
[[nodiscard]] std::string sha1_fingerprint(std::string_view certificate);

/// How a PFX is made.
struct PfxOptions {
  std::string cipher =
      "des3";                ///< of the certificates: none, des3 (PKCS #12's own), aes128, aes256
  std::string mac = "sha1";  ///< none, sha1, sha256, sha512
  /// Rounds of key derivation that the PFX asks for. Above 1,000,000 they are only written down: a
  /// reader that does what they ask for does not end.
  unsigned rounds = 2000;
  bool no_password = false;  ///< no password in place of an empty one; the encodings differ
  unsigned depth = 0;        ///< bags around the certificates; cipher must be none
  unsigned copies = 1;       ///< of each certificate
  unsigned parts = 1;        ///< with the certificates in each
};
[[nodiscard]] Result<std::string> make_pfx(std::span<const KeyedCertificate> certificates,
                                           const PfxOptions& options);

/// How a message is encrypted.
struct CmsOptions {
  std::string key_transport = "rsaes-pkcs1";  ///< or "oaep"
  std::string cipher = "aes128";              ///< or "des3", "aes256"
};
/// Encrypts `content` to the certificate `recipient` (DER).
[[nodiscard]] Result<std::string> encrypt_cms(std::string_view content, std::string_view recipient,
                                              const CmsOptions& options);

}  // namespace azl::platform
