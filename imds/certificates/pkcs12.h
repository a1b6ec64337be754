// Reads the certificates of a PFX (PKCS #12, RFC 7292) whose password is empty.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace azl::imds {

/// A certificate that the platform gives the VM.
struct DeployedCertificate {
  std::string fingerprint;  ///< as fingerprint_of()
  std::string der;
};

/// Longest PFX that is read, in bytes.
inline constexpr std::size_t kPfxLimit = 1 << 20;
/// Most rounds of key derivation, over all parts of a PFX and both forms of an empty password. A
/// number in a PFX can ask for minutes of work. Windows writes 2,000 and OpenSSL 2,048 rounds for
/// each part, and rounds protect nothing if the password is empty. This many take less than a
/// second.
inline constexpr long kPfxRoundsMost = 200'000;
inline constexpr int kPfxSafesMost = 64;           ///< parts of a PFX
inline constexpr std::size_t kPfxBagsMost = 1000;  ///< over all parts
inline constexpr int kPfxDepthMost = 4;            ///< of bags in bags

/// Parses any bytes. Returns the certificates in their order, each once. Bags of other kinds are
/// skipped; private keys stay as they are, because nobody needs them here.
///
/// The password may be the empty text or none, which PKCS #12 encodes differently. The MAC may be
/// absent, or of SHA-1 or SHA-256; if it can be checked it must be right. In FIPS mode it cannot,
/// and is ignored: with an empty password it shows damage only.
///
/// Accepted for encrypted parts are PBES2 with PBKDF2 and AES or triple DES, and PKCS #12's own
/// derivation with SHA-1 and triple DES. Others need OpenSSL's legacy provider, which is not used,
/// or memory without a bound (scrypt).
///
/// Errors: kCertificateAlgorithm (another algorithm), kCertificateFips (an algorithm that FIPS mode
/// forbids), kCertificateAnswer (not a PFX, damaged, over one of the bounds, a wrong MAC).
[[nodiscard]] Result<std::vector<DeployedCertificate>> read_pfx(std::string_view der);

}  // namespace azl::imds
