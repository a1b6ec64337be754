// The errors of the code that reads certificates of the platform.
#pragma once

#include <string>
#include <string_view>

#include <openssl/asn1.h>

#include "base/error.h"

namespace azl::imds {

/// Returns a failure for an answer that cannot be used. Cause: kCertificateAnswer.
[[nodiscard]] std::unexpected<Error> refuse_answer(std::string why);

/// Returns a failure for an algorithm that is not accepted: "the content is encrypted with
/// 'rc2-cbc', which is not accepted". `sentence` is its beginning. Cause: kCertificateAlgorithm.
[[nodiscard]] std::unexpected<Error> refuse_algorithm(std::string_view sentence,
                                                      const ASN1_OBJECT* algorithm);

/// Returns the failure for what OpenSSL says last, and clears its queue of errors. Causes:
/// kCertificateFips (an algorithm is not offered, and OpenSSL is in FIPS mode),
/// kCertificateAlgorithm (an algorithm is not offered), kCertificateAnswer (anything else).
[[nodiscard]] std::unexpected<Error> refuse_by_openssl(std::string_view what);

}  // namespace azl::imds
