// Asks the WireServer for the certificates that were deployed with the VM.
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "imds/certificates/pkcs12.h"
#include "imds/http.h"
#include "imds/retry.h"

namespace azl::imds {

/// Fetches the certificates: goal state, then the URL that it names, which must be on the same host
/// and port. Asks for AES128_CBC first; if that is refused or its answer cannot be read, once for
/// DES_EDE3_CBC. Everything else is tried again as report_health() does, until the deadline.
///
/// Errors: kCertificateNotFetched (the deadline came first), kCertificateMissing (the goal state
/// names no certificates), kCertificateAnswer (refused for good, or an answer that cannot be used),
/// kCertificateAlgorithm, kCertificateFips as decrypt_cms() and read_pfx(); kToolMissing,
/// kInvalidInput and kUnexpected as HttpClient::send.
[[nodiscard]] Result<std::vector<DeployedCertificate>> fetch_certificates(HttpClient& http,
                                                                          std::string_view base_url,
                                                                          Clock& clock,
                                                                          const Deadline& deadline,
                                                                          AttemptLog& log);

}  // namespace azl::imds
