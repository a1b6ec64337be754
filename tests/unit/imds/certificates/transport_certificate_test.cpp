#include "imds/certificates/transport_certificate.h"

#include <array>
#include <chrono>
#include <string>

#include <doctest/doctest.h>
#include <openssl/x509.h>

#include "base/text.h"

using namespace azl::imds;
using azl::WallTime;

namespace {

std::string common_name(const X509* certificate) {
  std::array<char, 64> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return name.data();
}

/// Whether the certificate is valid at `when`, seconds since 1970.
bool is_valid_at(const X509* certificate, time_t when) {
  return X509_cmp_time(X509_get0_notBefore(certificate), &when) < 0 &&
         X509_cmp_time(X509_get0_notAfter(certificate), &when) > 0;
}

}  // namespace

TEST_CASE("the transport certificate is as the WireServer wants it") {
  const time_t now = 1'800'000'000;
  const auto made = make_transport_certificate(WallTime(std::chrono::seconds(now)));
  REQUIRE(made);
  X509* certificate = made->certificate.get();
  CHECK(common_name(certificate) == "LinuxTransport");
  CHECK(EVP_PKEY_is_a(made->key.get(), "RSA") == 1);
  CHECK(EVP_PKEY_get_bits(made->key.get()) == 2048);
  CHECK(X509_verify(certificate, made->key.get()) == 1);
  CHECK(X509_get_version(certificate) == 2);
  constexpr time_t kDay = time_t{24} * 3600;
  CHECK(is_valid_at(certificate, now));
  CHECK(is_valid_at(certificate, now - kDay + 60));
  CHECK(is_valid_at(certificate, now + kDay - 60));
  CHECK_FALSE(is_valid_at(certificate, now - kDay - 60));
  CHECK_FALSE(is_valid_at(certificate, now + kDay + 60));

  SUBCASE("the header has it in one line") {
    const auto header = made->header();
    CHECK(header.find_first_of(" \r\n") == std::string::npos);
    CHECK(azl::base64_decode(header) == der_of(certificate));
  }
  SUBCASE("another one has another key and number") {
    const auto other = make_transport_certificate(WallTime(std::chrono::seconds(now)));
    REQUIRE(other);
    CHECK(EVP_PKEY_eq(made->key.get(), other->key.get()) != 1);
    CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(certificate),
                           X509_get0_serialNumber(other->certificate.get())) != 0);
  }
}
