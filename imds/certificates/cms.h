// Decrypts what the WireServer encrypts to the transport certificate (CMS, RFC 5652).
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"
#include "imds/certificates/transport_certificate.h"

namespace azl::imds {

/// Longest message that is read, in bytes. A certificate with its key has 2 to 4 KiB, and Azure
/// allows a VM some dozens of them.
inline constexpr std::size_t kCmsLimit = 1 << 20;

/// Decrypts EnvelopedData of any bytes. The content is never longer than the message. Bytes after
/// the message are ignored.
///
/// The key may be transported by rsaEncryption or RSAES-OAEP, the content be encrypted by
/// aes-128-cbc or des-ede3-cbc: all that was seen of Azure. Everything else is refused by its name
/// before anything is decrypted.
///
/// Errors: kCertificateAlgorithm (another algorithm), kCertificateFips (an algorithm that FIPS mode
/// forbids), kCertificateAnswer (not CMS, another kind of CMS, over the limit, no recipient with
/// this certificate, damaged).
[[nodiscard]] Result<Secret> decrypt_cms(std::string_view message,
                                         const TransportCertificate& recipient);

}  // namespace azl::imds
