#include "imds/certificates/transport_certificate.h"

#include <cstdint>
#include <ctime>

#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "base/text.h"

namespace azl::imds {
namespace {

constexpr int kBits = 2048;
constexpr const char* kName = "LinuxTransport";
constexpr long kVersion3 = 2;  // as X.509 counts

std::time_t seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

PublicOrPrivateKey make_key() {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), kBits) != 1 ||
      EVP_PKEY_generate(context.get(), &key) != 1)
    return nullptr;
  return PublicOrPrivateKey(key);
}

/// A positive number, so that two certificates of one VM have different serial numbers.
bool set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1U) == 1;
}

bool set_validity(X509* certificate, WallTime now) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(now - kTransportValidity)) !=
             nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(now + kTransportValidity)) !=
             nullptr;
}

/// Names subject and issuer, which are the same.
bool set_names(X509* certificate) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(kName), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

}  // namespace

std::string TransportCertificate::header() const {
  return base64_encode(der_of(certificate.get()));
}

Result<TransportCertificate> make_transport_certificate(WallTime now) {
  TransportCertificate made{.key = make_key(), .certificate = Certificate(X509_new())};
  X509* certificate = made.certificate.get();
  const bool complete = made.key && certificate != nullptr &&
                        X509_set_version(certificate, kVersion3) == 1 && set_serial(certificate) &&
                        set_validity(certificate, now) && set_names(certificate) &&
                        X509_set_pubkey(certificate, made.key.get()) == 1 &&
                        X509_sign(certificate, made.key.get(), EVP_sha256()) > 0;
  if (!complete)
    return fail(Reason::kUnexpected,
                "the transport certificate could not be made: " + take_openssl_error());
  return made;
}

}  // namespace azl::imds
