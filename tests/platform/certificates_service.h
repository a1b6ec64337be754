// The WireServer's answer with certificates, encrypted to the certificate in the request.
#pragma once

#include "tests/platform/http_message.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// Answers one request. It needs the headers x-ms-guest-agent-public-x509-cert and
/// x-ms-cipher-name; a cipher that the scenario does not have is answered 400.
[[nodiscard]] Answer answer_certificates(const CertificateOptions& certificates,
                                         const Request& request);

}  // namespace azl::platform
