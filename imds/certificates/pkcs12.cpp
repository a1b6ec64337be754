#include "imds/certificates/pkcs12.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "imds/certificates/fingerprint.h"
#include "imds/certificates/refusal.h"
#include "imds/openssl.h"

namespace azl::imds {
namespace {

using Safes = STACK_OF(PKCS7);
using Bags = STACK_OF(PKCS12_SAFEBAG);
void free_safes(Safes* safes) { sk_PKCS7_pop_free(safes, PKCS7_free); }
void free_bags(Bags* bags) { sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free); }

using Pfx = Handle<PKCS12, PKCS12_free>;
using OwnedSafes = Handle<Safes, free_safes>;
using OwnedBags = Handle<Bags, free_bags>;
using Pbe2 = Handle<PBE2PARAM, PBE2PARAM_free>;
using Pbe = Handle<PBEPARAM, PBEPARAM_free>;
using Pbkdf2 = Handle<PBKDF2PARAM, PBKDF2PARAM_free>;

/// The two encodings of an empty password: two zero bytes, and no bytes. Programs disagree.
constexpr std::array<const char*, 2> kPasswords = {"", nullptr};

constexpr std::array kMacDigests = {NID_sha1, NID_sha256};
constexpr std::array kPbes1 = {NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                               NID_pbe_WithSHA1And2_Key_TripleDES_CBC};
constexpr std::array kPbes2Ciphers = {NID_aes_128_cbc, NID_aes_192_cbc, NID_aes_256_cbc,
                                      NID_des_ede3_cbc};

/// Whether `algorithm` is one of those.
bool is_one_of(const ASN1_OBJECT* algorithm, std::span<const int> accepted) {
  return std::ranges::find(accepted, OBJ_obj2nid(algorithm)) != accepted.end();
}

/// Reads the parameter of an algorithm, which is a SEQUENCE. Null if it is none.
template <class T>
T* parameter_of(const X509_ALGOR* algorithm, const ASN1_ITEM* item) {
  return static_cast<T*>(ASN1_TYPE_unpack_sequence(item, algorithm->parameter));
}

/// Reads one PFX.
class Reader {
 public:
  Result<std::vector<DeployedCertificate>> read(std::string_view der);

 private:
  Result<void> check_mac(PKCS12* pfx);
  Result<void> read_safe(PKCS7* safe);
  Result<void> read_encrypted(PKCS7* safe);
  Result<void> check_encryption(const X509_ALGOR* algorithm);
  Result<void> check_pbes2(const X509_ALGOR* algorithm);
  Result<void> spend(const ASN1_INTEGER* rounds);
  Result<void> read_bags(const Bags* bags, int depth);
  Result<void> take_certificate(const PKCS12_SAFEBAG* bag);

  long rounds_ = 0;       ///< asked for so far
  std::size_t bags_ = 0;  ///< seen so far
  std::vector<DeployedCertificate> found_;
};

Result<std::vector<DeployedCertificate>> Reader::read(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const Pfx pfx(d2i_PKCS12(nullptr, &at, static_cast<long>(der.size())));
  if (!pfx) return refuse_by_openssl("it is not a PFX");
  OR_RETURN(check_mac(pfx.get()));
  const OwnedSafes safes(PKCS12_unpack_authsafes(pfx.get()));
  if (!safes) return refuse_by_openssl("its parts cannot be read");
  const int count = sk_PKCS7_num(safes.get());
  if (count > kPfxSafesMost)
    return refuse_answer("it has more than " + std::to_string(kPfxSafesMost) + " parts");
  for (int i = 0; i < count; ++i) OR_RETURN(read_safe(sk_PKCS7_value(safes.get(), i)));
  return std::move(found_);
}

/// Adds the rounds of a key derivation, which is done for each form of the password, before it is
/// done. Without a number, it is one round.
Result<void> Reader::spend(const ASN1_INTEGER* rounds) {
  std::int64_t wanted = 1;
  const bool known = rounds == nullptr || ASN1_INTEGER_get_int64(&wanted, rounds) == 1;
  constexpr auto kForms = static_cast<std::int64_t>(kPasswords.size());
  if (!known || wanted < 1 || wanted > (kPfxRoundsMost - rounds_) / kForms) {
    return refuse_answer("it asks for more than " + std::to_string(kPfxRoundsMost) +
                         " rounds of key derivation");
  }
  rounds_ += static_cast<long>(wanted * kForms);
  return {};
}

/// Checks the MAC, if there is one and OpenSSL can. The key derivation of PKCS #12 is not approved
/// by FIPS 140.
Result<void> Reader::check_mac(PKCS12* pfx) {
  if (PKCS12_mac_present(pfx) != 1) return {};
  const ASN1_INTEGER* rounds = nullptr;
  const X509_ALGOR* digest = nullptr;
  PKCS12_get0_mac(nullptr, &digest, nullptr, &rounds, pfx);
  if (!is_one_of(digest->algorithm, kMacDigests))
    return refuse_algorithm("its MAC is made with", digest->algorithm);
  OR_RETURN(spend(rounds));
  for (const char* password : kPasswords) {
    if (PKCS12_verify_mac(pfx, password, 0) == 1) return {};
  }
  // A MAC that differs leaves no error.
  if (ERR_peek_error() == 0) return refuse_answer("its MAC is wrong: it is damaged");
  const auto failure = take_openssl_failure();
  if (failure.unsupported) return {};
  return refuse_answer("its MAC cannot be checked (OpenSSL: " + failure.text + ")");
}

Result<void> Reader::read_safe(PKCS7* safe) {
  if (PKCS7_type_is_encrypted(safe)) return read_encrypted(safe);
  if (!PKCS7_type_is_data(safe)) return refuse_algorithm("one of its parts is", safe->type);
  if (safe->d.data == nullptr) return refuse_answer("one of its parts is empty");
  const OwnedBags bags(PKCS12_unpack_p7data(safe));
  if (!bags) return refuse_by_openssl("one of its parts cannot be read");
  return read_bags(bags.get(), 1);
}

Result<void> Reader::read_encrypted(PKCS7* safe) {
  const auto* encrypted = safe->d.encrypted;
  if (encrypted == nullptr || encrypted->enc_data == nullptr ||
      encrypted->enc_data->algorithm == nullptr || encrypted->enc_data->enc_data == nullptr)
    return refuse_answer("one of its encrypted parts is empty");
  OR_RETURN(check_encryption(encrypted->enc_data->algorithm));
  for (const char* password : kPasswords) {
    const OwnedBags bags(PKCS12_unpack_p7encdata(safe, password, 0));
    if (bags) return read_bags(bags.get(), 1);
  }
  return refuse_by_openssl("one of its parts cannot be decrypted with an empty password");
}

/// Whether a part may be decrypted: by an accepted algorithm, with the rounds that are left.
Result<void> Reader::check_encryption(const X509_ALGOR* algorithm) {
  if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2) return check_pbes2(algorithm);
  if (!is_one_of(algorithm->algorithm, kPbes1))
    return refuse_algorithm("one of its parts is encrypted with", algorithm->algorithm);
  const Pbe pbe(parameter_of<PBEPARAM>(algorithm, ASN1_ITEM_rptr(PBEPARAM)));
  if (!pbe) return refuse_answer("the encryption of one of its parts is damaged");
  return spend(pbe->iter);
}

Result<void> Reader::check_pbes2(const X509_ALGOR* algorithm) {
  const Pbe2 pbes2(parameter_of<PBE2PARAM>(algorithm, ASN1_ITEM_rptr(PBE2PARAM)));
  if (!pbes2) return refuse_answer("the encryption of one of its parts is damaged");
  const auto* derivation = pbes2->keyfunc->algorithm;
  if (OBJ_obj2nid(derivation) != NID_id_pbkdf2)
    return refuse_algorithm("the key of one of its parts is derived with", derivation);
  if (!is_one_of(pbes2->encryption->algorithm, kPbes2Ciphers))
    return refuse_algorithm("one of its parts is encrypted with", pbes2->encryption->algorithm);
  const Pbkdf2 pbkdf2(parameter_of<PBKDF2PARAM>(pbes2->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM)));
  if (!pbkdf2) return refuse_answer("the key derivation of one of its parts is damaged");
  return spend(pbkdf2->iter);
}

Result<void> Reader::read_bags(const Bags* bags, int depth) {
  if (depth > kPfxDepthMost)
    return refuse_answer("its bags are nested more than " + std::to_string(kPfxDepthMost) +
                         " deep");
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
    if (++bags_ > kPfxBagsMost)
      return refuse_answer("it has more than " + std::to_string(kPfxBagsMost) + " bags");
    const PKCS12_SAFEBAG* bag = sk_PKCS12_SAFEBAG_value(bags, i);
    const int kind = PKCS12_SAFEBAG_get_nid(bag);
    if (kind == NID_certBag) OR_RETURN(take_certificate(bag));
    if (kind == NID_safeContentsBag)
      OR_RETURN(read_bags(PKCS12_SAFEBAG_get0_safes(bag), depth + 1));
  }
  return {};
}

Result<void> Reader::take_certificate(const PKCS12_SAFEBAG* bag) {
  if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return {};
  const Certificate certificate(PKCS12_SAFEBAG_get1_cert(bag));
  if (!certificate) return refuse_by_openssl("one of its certificates cannot be read");
  auto der = der_of(certificate.get());
  auto fingerprint = fingerprint_of(der);
  if (der.empty() || fingerprint.empty())
    return refuse_by_openssl("a certificate has no fingerprint");
  if (std::ranges::find(found_, fingerprint, &DeployedCertificate::fingerprint) == found_.end())
    found_.push_back({std::move(fingerprint), std::move(der)});
  return {};
}

}  // namespace

Result<std::vector<DeployedCertificate>> read_pfx(std::string_view der) {
  const OpensslErrorScope scope;
  if (der.size() > kPfxLimit)
    return refuse_answer("it is longer than " + std::to_string(kPfxLimit) + " bytes");
  return Reader().read(der);
}

}  // namespace azl::imds
