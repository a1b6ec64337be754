// The certificate to which the WireServer encrypts its answer.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "imds/openssl.h"

namespace azl::imds {

/// A key that was made for one exchange, and its certificate. The key is never written to a file.
struct TransportCertificate {
  PublicOrPrivateKey key;
  Certificate certificate;

  /// Returns the value of the header x-ms-guest-agent-public-x509-cert: DER in base64, one line.
  [[nodiscard]] std::string header() const;
};

/// How far the validity reaches before and after the time at which the certificate is made. The
/// exchange takes seconds; the rest is for a clock of the VM that differs from the host's.
inline constexpr Duration kTransportValidity = std::chrono::hours(24);

/// Makes an RSA key of 2048 bits, and its self-signed certificate with CN=LinuxTransport, the name
/// that WALinuxAgent uses too. Errors: kUnexpected (no randomness, no memory, or OpenSSL has no
/// RSA).
[[nodiscard]] Result<TransportCertificate> make_transport_certificate(WallTime now);

}  // namespace azl::imds
