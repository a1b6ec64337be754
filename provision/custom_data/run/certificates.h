// Carries out the item of ca_certs.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/system_run.h"

namespace azl::provision::custom_data {

/// Writes the certificates where update-ca-trust or update-ca-certificates looks for them, and
/// removes those of an earlier document. Then removes the others if the item asks for it, runs the
/// program, and says what was done. Changes nothing if the program is missing. Errors:
/// kCustomDataCertificates; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> trust_certificates(const SystemRun& run,
                                                     const TrustCertificates& item);

/// The text of Debian's /etc/ca-certificates.conf with each certificate turned off. Pure.
[[nodiscard]] std::string disable_certificates(std::string_view config);

}  // namespace azl::provision::custom_data
