#include "imds/certificates/cms.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/err.h>

#include "tests/platform/certificate_maker.h"

using namespace azl::imds;
using azl::Cause;
using azl::WallTime;
using azl::platform::CmsOptions;
using azl::platform::encrypt_cms;

namespace {

const std::string kContent = std::string("a PFX\0with any bytes\xff", 21) + std::string(5000, 'x');

const TransportCertificate& recipient() {
  static const auto kMade =
      make_transport_certificate(WallTime(std::chrono::seconds(1'800'000'000))).value();
  return kMade;
}

std::string encrypted(const CmsOptions& options = {}) {
  return encrypt_cms(kContent, der_of(recipient().certificate.get()), options).value();
}

/// Replaces each occurrence.
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

const std::string kRsa = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const std::string kUnknown = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x77";
/// SEQUENCE { pkcs7-data, [0] OCTET STRING "x" }
const std::string kData = "\x30\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x03\x04\x01x";

}  // namespace

TEST_CASE("what is encrypted as Azure does it is decrypted") {
  for (const char* transport : {"rsaes-pkcs1", "oaep"}) {
    for (const char* cipher : {"aes128", "des3"}) {
      CAPTURE(transport);
      CAPTURE(cipher);
      const auto message = encrypted({.key_transport = transport, .cipher = cipher});
      const auto content = decrypt_cms(message, recipient());
      REQUIRE(content);
      CHECK(content->reveal() == kContent);
      CHECK(decrypt_cms(message + "bytes after it", recipient())->reveal() == kContent);
    }
  }
}

TEST_CASE("what cannot be used is refused with its reason") {
  const auto whole = encrypted();
  const auto other = azl::platform::make_certificate("RSA").value();
  struct Row {
    std::string what;
    std::string message;
    Cause cause;
    std::string sentence;
  };
  const std::vector<Row> rows = {
      {"another cipher", encrypted({.cipher = "aes256"}), Cause::kCertificateAlgorithm,
       "the content of the answer is encrypted with 'aes-256-cbc', which is not accepted"},
      {"another key transport", replaced(whole, kRsa, kUnknown), Cause::kCertificateAlgorithm,
       "the key of the answer is encrypted with '1.2.840.113549.1.1.119', which is not accepted"},
      {"another kind of CMS", kData, Cause::kCertificateAlgorithm,
       "the answer is CMS of the kind 'pkcs7-data', which is not accepted"},
      {"another certificate", encrypt_cms(kContent, other.certificate, {}).value(),
       Cause::kCertificateAnswer, "the answer is not encrypted to the certificate of this request"},
      {"nothing", "", Cause::kCertificateAnswer, "the answer is not CMS"},
      {"text", "<html>not here</html>", Cause::kCertificateAnswer, "the answer is not CMS"},
      {"cut short", whole.substr(0, whole.size() / 2), Cause::kCertificateAnswer,
       "the answer is not CMS"},
      {"too long", std::string(kCmsLimit + 1, '\0'), Cause::kCertificateAnswer,
       "the answer is longer than 1048576 bytes"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto refused = decrypt_cms(row.message, recipient());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().known_cause() == row.cause);
    CHECK(refused.error().to_string().starts_with(row.sentence));
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("a changed byte of the content never gives the content") {
  // Triple DES and AES in CBC are not authenticated: what is decrypted differs, or padding is
  // wrong.
  auto message = encrypted();
  message[message.size() - 40] = static_cast<char>(message[message.size() - 40] ^ 1);
  const auto content = decrypt_cms(message, recipient());
  CHECK((!content || content->reveal() != kContent));
}
