// PFX of any bytes.
#include <set>
#include <string>

#include <openssl/err.h>

#include "imds/certificates/fingerprint.h"
#include "imds/certificates/pkcs12.h"
#include "tests/fuzz/require.h"

using namespace azl::imds;
using azl::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = azl::fuzz::text_of(data, size);
  (void)parse_fingerprint(text);
  const auto certificates = read_pfx(text);
  require(ERR_peek_error() == 0, "OpenSSL's queue is empty");
  if (!certificates) {
    require(certificates.error().known_cause().has_value(), "a refusal has a cause");
    return 0;
  }
  require(certificates->size() <= kPfxBagsMost, "the number of certificates is bounded");
  std::set<std::string> known;
  for (const auto& [fingerprint, der] : *certificates) {
    require(parse_fingerprint(fingerprint) == fingerprint, "a fingerprint is one");
    require(fingerprint == fingerprint_of(der), "it is that of the certificate");
    require(known.insert(fingerprint).second, "each certificate is given once");
  }
  return 0;
}
