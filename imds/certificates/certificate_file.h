// The WireServer's answer with certificates: an XML document around encrypted bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::imds {

/// Longest document that is read, in bytes: a message of kCmsLimit in base64, and what is around
/// it.
inline constexpr std::size_t kCertificateFileLimit = 2 << 20;

/// Returns the encrypted bytes: CertificateFile/Data, decoded. Parses any bytes. Format may be
/// absent or "Pkcs7BlobWithPfxContents"; other formats are no PFX. Errors: kWireServer (not XML, a
/// DTD, a duplicate element, no Data, not base64, over the limit), kCertificateAlgorithm (another
/// format).
[[nodiscard]] Result<std::string> parse_certificate_file(std::string_view xml);

}  // namespace azl::imds
