// CMS messages of any bytes, for a recipient whose key is known, so that the corpus reaches the
// decryption.
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "imds/certificates/cms.h"
#include "tests/fuzz/cms_key.h"
#include "tests/fuzz/require.h"

using namespace azl::imds;
using azl::fuzz::require;

namespace {

TransportCertificate read_recipient() {
  const auto key = azl::base64_decode(azl::fuzz::kCmsKey).value();
  const auto certificate = azl::base64_decode(azl::fuzz::kCmsCertificate).value();
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's bytes are unsigned
  const auto* at = reinterpret_cast<const unsigned char*>(key.data());
  PublicOrPrivateKey read(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(key.size())));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the same
  at = reinterpret_cast<const unsigned char*>(certificate.data());
  return {
      .key = std::move(read),
      .certificate = Certificate(d2i_X509(nullptr, &at, static_cast<long>(certificate.size())))};
}

/// Whether the message has the number of an algorithm, which is not how the code under test reads
/// it.
bool names(std::string_view message, std::string_view number) {
  return message.find(number) != std::string_view::npos;
}

constexpr std::string_view kAes128 = "\x60\x86\x48\x01\x65\x03\x04\x01\x02";
constexpr std::string_view kTripleDes = "\x2a\x86\x48\x86\xf7\x0d\x03\x07";
constexpr std::string_view kRsa = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
constexpr std::string_view kOaep = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TransportCertificate kRecipient = read_recipient();
  const auto message = azl::fuzz::text_of(data, size);
  const auto content = decrypt_cms(message, kRecipient);
  require(ERR_peek_error() == 0, "OpenSSL's queue is empty");
  if (!content) {
    require(content.error().known_cause().has_value(), "a refusal has a cause");
    return 0;
  }
  require(content->size() < message.size(), "the content is shorter than the message");
  require(names(message, kAes128) || names(message, kTripleDes), "the cipher is accepted");
  require(names(message, kRsa) || names(message, kOaep), "the key transport is accepted");
  return 0;
}
