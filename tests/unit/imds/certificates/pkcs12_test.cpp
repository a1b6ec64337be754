#include "imds/certificates/pkcs12.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "tests/platform/certificate_maker.h"

using namespace azl::imds;
using azl::Cause;
using azl::platform::KeyedCertificate;
using azl::platform::PfxOptions;
using azl::platform::sha1_fingerprint;

namespace {

/// Two certificates: one of RSA, one of Ed25519.
const std::vector<KeyedCertificate>& given() {
  static const std::vector kGiven = {azl::platform::make_certificate("RSA").value(),
                                     azl::platform::make_certificate("ED25519").value()};
  return kGiven;
}

std::string pfx(const PfxOptions& options = {}) {
  return azl::platform::make_pfx(given(), options).value();
}

/// Whether these are the given certificates, in their order.
bool are_given(const std::vector<DeployedCertificate>& read) {
  return read.size() == 2 && read[0].der == given()[0].certificate &&
         read[1].der == given()[1].certificate &&
         read[0].fingerprint == sha1_fingerprint(given()[0].certificate) &&
         read[1].fingerprint == sha1_fingerprint(given()[1].certificate);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// pbeWithSHA1And3-KeyTripleDES-CBC, and pbeWithSHA1And40BitRC2-CBC, which older Windows writes.
const std::string kTripleDes = "\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03";
const std::string kRc2 = "\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06";
const std::string kPbkdf2 = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
const std::string kScryptLike = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";  // PBES2

}  // namespace

TEST_CASE("certificates are read from each kind of PFX") {
  for (const char* cipher : {"none", "des3", "aes128", "aes256"}) {
    for (const char* mac : {"none", "sha1", "sha256"}) {
      for (const bool no_password : {false, true}) {
        CAPTURE(cipher);
        CAPTURE(mac);
        CAPTURE(no_password);
        const auto read = read_pfx(pfx({.cipher = cipher, .mac = mac, .no_password = no_password}));
        REQUIRE(read);
        CHECK(are_given(*read));
        CHECK(ERR_peek_error() == 0);
      }
    }
  }
}

TEST_CASE("a certificate that is there more than once is given once") {
  CHECK(are_given(read_pfx(pfx({.copies = 3, .parts = 4})).value()));
}

TEST_CASE("certificates in bags in bags are read") {
  CHECK(are_given(read_pfx(pfx({.cipher = "none", .depth = 3})).value()));
}

TEST_CASE("as many rounds, bags and parts as the bounds allow are done") {
  CHECK(read_pfx(pfx({.cipher = "aes128", .mac = "none", .rounds = 100'000})));
  CHECK(read_pfx(pfx({.cipher = "none", .copies = 490})));
  CHECK(read_pfx(pfx({.cipher = "none", .parts = 63})));
}

TEST_CASE("what cannot be used is refused with its reason") {
  struct Row {
    std::string what;
    std::string pfx;
    Cause cause;
    std::string sentence;
  };
  auto changed = pfx({.cipher = "none"});
  changed[changed.find("azl-platform")] = 'A';
  const auto whole = pfx();
  const std::string rounds = "it asks for more than 200000 rounds of key derivation";
  const std::vector<Row> rows = {
      {"rounds of the MAC", pfx({.cipher = "none", .rounds = 2'000'000'000}),
       Cause::kCertificateAnswer, rounds},
      {"rounds of PBES2", pfx({.cipher = "aes256", .mac = "none", .rounds = 2'000'000'000}),
       Cause::kCertificateAnswer, rounds},
      {"rounds of PKCS #12", pfx({.cipher = "des3", .mac = "none", .rounds = 4'000'000'000}),
       Cause::kCertificateAnswer, rounds},
      {"rounds just over the bound", pfx({.cipher = "aes128", .mac = "none", .rounds = 100'001}),
       Cause::kCertificateAnswer, rounds},
      {"rounds over all parts",
       pfx({.cipher = "aes128", .mac = "none", .rounds = 2000, .parts = 51}),
       Cause::kCertificateAnswer, rounds},
      {"bags", pfx({.cipher = "none", .copies = 501}), Cause::kCertificateAnswer,
       "it has more than 1000 bags"},
      {"parts", pfx({.cipher = "none", .parts = 65}), Cause::kCertificateAnswer,
       "it has more than 64 parts"},
      {"bags in bags", pfx({.cipher = "none", .depth = 4}), Cause::kCertificateAnswer,
       "its bags are nested more than 4 deep"},
      {"a wrong MAC", changed, Cause::kCertificateAnswer, "its MAC is wrong: it is damaged"},
      {"another MAC", pfx({.mac = "sha512"}), Cause::kCertificateAlgorithm,
       "its MAC is made with 'sha512', which is not accepted"},
      {"a cipher of the legacy provider", replaced(pfx({.mac = "none"}), kTripleDes, kRc2),
       Cause::kCertificateAlgorithm,
       "one of its parts is encrypted with 'pbeWithSHA1And40BitRC2-CBC', which is not accepted"},
      {"another key derivation",
       replaced(pfx({.cipher = "aes128", .mac = "none"}), kPbkdf2, kScryptLike),
       Cause::kCertificateAlgorithm,
       "the key of one of its parts is derived with 'PBES2', which is not accepted"},
      {"nothing", "", Cause::kCertificateAnswer, "it is not a PFX"},
      {"a certificate", given()[0].certificate, Cause::kCertificateAnswer, "it is not a PFX"},
      {"cut short", whole.substr(0, whole.size() - 100), Cause::kCertificateAnswer,
       "it is not a PFX"},
      {"too long", std::string(kPfxLimit + 1, '\0'), Cause::kCertificateAnswer,
       "it is longer than 1048576 bytes"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto refused = read_pfx(row.pfx);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().known_cause() == row.cause);
    CHECK(refused.error().to_string().starts_with(row.sentence));
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("in FIPS mode, what it allows is read, and what it forbids says so") {
  // No provider of this build is approved, so that nothing at all is offered: the strictest mode.
  const auto unencrypted = pfx({.cipher = "none", .mac = "sha1"});
  const auto encrypted = pfx({.mac = "none"});
  REQUIRE(EVP_default_properties_enable_fips(nullptr, 1) == 1);
  const auto read = read_pfx(encrypted);
  const auto mac = read_pfx(unencrypted);
  REQUIRE(EVP_default_properties_enable_fips(nullptr, 0) == 1);
  REQUIRE_FALSE(read);
  CHECK(read.error().known_cause() == Cause::kCertificateFips);
  CHECK(read.error().to_string().ends_with("; OpenSSL is in FIPS mode"));
  // The MAC could not be checked, which is no reason to refuse. There is no SHA-1 for a
  // fingerprint.
  REQUIRE_FALSE(mac);
  CHECK(mac.error().known_cause() == Cause::kCertificateFips);
  CHECK(mac.error().to_string().starts_with("a certificate has no fingerprint"));
  CHECK(are_given(read_pfx(encrypted).value()));
}
