#include "imds/certificates/refusal.h"

#include <utility>

#include "imds/openssl.h"

namespace azl::imds {

std::unexpected<Error> refuse_answer(std::string why) {
  return fail(Cause::kCertificateAnswer, std::move(why));
}

std::unexpected<Error> refuse_algorithm(std::string_view sentence, const ASN1_OBJECT* algorithm) {
  return fail(Cause::kCertificateAlgorithm,
              std::string(sentence) + " '" + name_of(algorithm) + "', which is not accepted");
}

std::unexpected<Error> refuse_by_openssl(std::string_view what) {
  const auto failure = take_openssl_failure();
  const std::string text = std::string(what) + " (OpenSSL: " + failure.text + ")";
  if (!failure.unsupported) return refuse_answer(text);
  if (openssl_in_fips_mode())
    return fail(Cause::kCertificateFips, text + "; OpenSSL is in FIPS mode");
  return fail(Cause::kCertificateAlgorithm, text);
}

}  // namespace azl::imds
