#include "tests/platform/certificate_maker.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/fd.h"

namespace azl::platform {
namespace {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Certificate = Handle<X509, X509_free>;
using PrivateKey = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using Bio = Handle<BIO, BIO_free_all>;
using Cms = Handle<CMS_ContentInfo, CMS_ContentInfo_free>;
using Pfx = Handle<PKCS12, PKCS12_free>;

using BagStack = STACK_OF(PKCS12_SAFEBAG);
using SafeStack = STACK_OF(PKCS7);
void free_bags(BagStack* bags) { sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free); }
void free_safes(SafeStack* safes) { sk_PKCS7_pop_free(safes, PKCS7_free); }
using Bags = Handle<BagStack, free_bags>;
using Safes = Handle<SafeStack, free_safes>;

/// More rounds than these take too long to do.
constexpr unsigned kRoundsDone = 1'000'000;
constexpr long kValiditySeconds = 365L * 24 * 3600;

std::unexpected<std::string> failed(const std::string& what) {
  const char* why = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return std::unexpected(what + (why != nullptr ? std::string(": ") + why : ""));
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Encodes with a function such as i2d_X509.
template <class T, class Encode>
std::string encoded(T* object, Encode encode) {
  std::string der;
  const int size = encode(object, nullptr);
  if (size <= 0) return der;
  der.resize(static_cast<std::size_t>(size));
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  (void)encode(object, &at);
  return der;
}

Certificate certificate_of(std::string_view der) {
  const auto* at = bytes_of(der);
  return Certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

Key make_key(const std::string& kind) {
  const bool curve = kind.starts_with("P-");
  const KeyContext context(
      EVP_PKEY_CTX_new_from_name(nullptr, curve ? "EC" : kind.c_str(), nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1) return nullptr;
  if (curve && EVP_PKEY_CTX_set_group_name(context.get(), kind.c_str()) != 1) return nullptr;
  if (EVP_PKEY_generate(context.get(), &key) != 1) return nullptr;
  return Key(key);
}

std::string pkcs8_of(const EVP_PKEY* key) {
  const PrivateKey info(EVP_PKEY2PKCS8(key));
  return info ? encoded(info.get(), i2d_PKCS8_PRIV_KEY_INFO) : std::string();
}

/// A DER element: tag, length, content.
std::string element(unsigned char tag, std::string_view content) {
  std::string length;
  if (content.size() < 0x80) {
    length = static_cast<char>(content.size());
  } else {
    for (std::size_t rest = content.size(); rest > 0; rest >>= 8U)
      length.insert(length.begin(), static_cast<char>(rest & 0xFFU));
    length.insert(length.begin(), static_cast<char>(0x80U | length.size()));
  }
  return std::string(1, static_cast<char>(tag)) + length + std::string(content);
}

/// A bag that has other bags: SEQUENCE { safeContentsBag, [0] SEQUENCE OF bag }.
std::string bag_around(const std::string& bags) {
  constexpr std::string_view kSafeContentsBag =
      "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x06";
  constexpr unsigned char kSequence = 0x30;
  constexpr unsigned char kFirst = 0xA0;
  return element(kSequence,
                 element(kSequence, std::string(kSafeContentsBag) + element(kFirst, bags)));
}

/// Makes one PFX.
class PfxMaker {
 public:
  explicit PfxMaker(const PfxOptions& options) : options_(options) {}
  Result<std::string> make(std::span<const KeyedCertificate> certificates);

 private:
  [[nodiscard]] const char* password() const { return options_.no_password ? nullptr : ""; }
  [[nodiscard]] int rounds() const {
    return options_.rounds > kRoundsDone ? 1 : static_cast<int>(options_.rounds);
  }
  [[nodiscard]] PKCS7* make_part(BagStack* bags) const;
  [[nodiscard]] PKCS7* make_nested_part(BagStack* bags) const;
  void write_rounds(X509_ALGOR* algorithm) const;
  bool add_mac(PKCS12* pfx) const;

  const PfxOptions& options_;
};

Bags certificate_bags(std::span<const KeyedCertificate> certificates, unsigned copies) {
  Bags bags(sk_PKCS12_SAFEBAG_new_null());
  for (const auto& given : certificates) {
    const auto certificate = certificate_of(given.certificate);
    if (!certificate) return nullptr;
    for (unsigned i = 0; i < copies; ++i)
      sk_PKCS12_SAFEBAG_push(bags.get(), PKCS12_SAFEBAG_create_cert(certificate.get()));
  }
  return bags;
}

/// Keys stand in a part of their own, which is not encrypted as a whole, because each of them is.
PKCS7* key_part(std::span<const KeyedCertificate> certificates, const char* password) {
  const Bags bags(sk_PKCS12_SAFEBAG_new_null());
  constexpr int kKeyRounds = 2000;
  for (const auto& given : certificates) {
    const auto* at = bytes_of(given.key);
    const PrivateKey key(
        d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(given.key.size())));
    if (key)
      sk_PKCS12_SAFEBAG_push(bags.get(), PKCS12_SAFEBAG_create_pkcs8_encrypt(
                                             NID_pbe_WithSHA1And3_Key_TripleDES_CBC, password, 0,
                                             nullptr, 0, kKeyRounds, key.get()));
  }
  return sk_PKCS12_SAFEBAG_num(bags.get()) > 0 ? PKCS12_pack_p7data(bags.get()) : nullptr;
}

Result<std::string> PfxMaker::make(std::span<const KeyedCertificate> certificates) {
  const auto bags = certificate_bags(certificates, options_.copies);
  if (!bags) return failed("not a certificate");
  const Safes safes(sk_PKCS7_new_null());
  for (unsigned i = 0; i < options_.parts; ++i) {
    PKCS7* part = options_.depth > 0 ? make_nested_part(bags.get()) : make_part(bags.get());
    if (part == nullptr) return failed("no PFX with the cipher '" + options_.cipher + "'");
    sk_PKCS7_push(safes.get(), part);
  }
  if (PKCS7* keys = key_part(certificates, password())) sk_PKCS7_push(safes.get(), keys);
  const Pfx pfx(PKCS12_init(NID_pkcs7_data));
  if (!pfx || PKCS12_pack_authsafes(pfx.get(), safes.get()) != 1 || !add_mac(pfx.get()))
    return failed("no PFX with the MAC '" + options_.mac + "'");
  return encoded(pfx.get(), i2d_PKCS12);
}

PKCS7* PfxMaker::make_part(BagStack* bags) const {
  if (options_.cipher == "none") return PKCS12_pack_p7data(bags);
  const int cipher = options_.cipher == "des3"     ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC
                     : options_.cipher == "aes128" ? NID_aes_128_cbc
                     : options_.cipher == "aes256" ? NID_aes_256_cbc
                                                   : NID_undef;
  if (cipher == NID_undef) return nullptr;
  PKCS7* part = PKCS12_pack_p7encdata(cipher, password(), 0, nullptr, 0, rounds(), bags);
  if (part != nullptr) write_rounds(part->d.encrypted->enc_data->algorithm);
  return part;
}

PKCS7* PfxMaker::make_nested_part(BagStack* bags) const {
  std::string der = encoded(bags, [](const BagStack* stack, unsigned char** out) {
    return ASN1_item_i2d(reinterpret_cast<const ASN1_VALUE*>(stack), out,
                         ASN1_ITEM_rptr(PKCS12_SAFEBAGS));
  });
  for (unsigned i = 0; i < options_.depth; ++i) der = bag_around(der);
  PKCS7* part = PKCS7_new();
  PKCS7_set_type(part, NID_pkcs7_data);
  ASN1_STRING_set(part->d.data, der.data(), static_cast<int>(der.size()));
  return part;
}

/// Writes a number of rounds that was not done into the parameters of PBES2, or of PKCS #12's own
/// derivation.
void PfxMaker::write_rounds(X509_ALGOR* algorithm) const {
  if (options_.rounds <= kRoundsDone) return;
  using Pbe2 = Handle<PBE2PARAM, PBE2PARAM_free>;
  using Pbkdf2 = Handle<PBKDF2PARAM, PBKDF2PARAM_free>;
  using Pbe = Handle<PBEPARAM, PBEPARAM_free>;
  const auto unpack = [](const X509_ALGOR* of, const ASN1_ITEM* item) {
    return ASN1_TYPE_unpack_sequence(item, of->parameter);
  };
  if (OBJ_obj2nid(algorithm->algorithm) != NID_pbes2) {
    const Pbe pbe(static_cast<PBEPARAM*>(unpack(algorithm, ASN1_ITEM_rptr(PBEPARAM))));
    ASN1_INTEGER_set_uint64(pbe->iter, options_.rounds);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBEPARAM), pbe.get(), &algorithm->parameter);
    return;
  }
  const Pbe2 pbes2(static_cast<PBE2PARAM*>(unpack(algorithm, ASN1_ITEM_rptr(PBE2PARAM))));
  const Pbkdf2 pbkdf2(
      static_cast<PBKDF2PARAM*>(unpack(pbes2->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM))));
  ASN1_INTEGER_set_uint64(pbkdf2->iter, options_.rounds);
  ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbkdf2.get(), &pbes2->keyfunc->parameter);
  ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBE2PARAM), pbes2.get(), &algorithm->parameter);
}

bool PfxMaker::add_mac(PKCS12* pfx) const {
  if (options_.mac == "none") return true;
  const EVP_MD* digest = EVP_get_digestbyname(options_.mac.c_str());
  // A count of one is not written, so it could not be replaced.
  const int done = std::max(rounds(), 2);
  if (digest == nullptr || PKCS12_set_mac(pfx, password(), 0, nullptr, 0, done, digest) != 1)
    return false;
  if (options_.rounds <= kRoundsDone) return true;
  const ASN1_INTEGER* written = nullptr;
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &written, pfx);
  return ASN1_INTEGER_set_uint64(const_cast<ASN1_INTEGER*>(written), options_.rounds) == 1;
}

}  // namespace

Result<KeyedCertificate> make_certificate(const std::string& kind) {
  const auto key = make_key(kind);
  const Certificate certificate(X509_new());
  if (!key || !certificate) return failed("no key of the kind '" + kind + "'");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValiditySeconds);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, bytes_of("azl-platform"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  const bool own_digest = kind.starts_with("ED");
  if (X509_sign(certificate.get(), key.get(), own_digest ? nullptr : EVP_sha256()) == 0)
    return failed("no certificate for a key of the kind '" + kind + "'");
  return KeyedCertificate{.certificate = encoded(certificate.get(), i2d_X509),
                          .key = pkcs8_of(key.get())};
}

Result<KeyedCertificate> read_certificate(const std::string& pem) {
  const auto reader = [&pem] {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  };
  const Certificate certificate(PEM_read_bio_X509(reader().get(), nullptr, nullptr, nullptr));
  if (!certificate) return failed("not a certificate in PEM");
  const Key key(PEM_read_bio_PrivateKey(reader().get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return KeyedCertificate{.certificate = encoded(certificate.get(), i2d_X509),
                          .key = key ? pkcs8_of(key.get()) : std::string()};
}

std::string sha1_fingerprint(std::string_view certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(certificate.data(), certificate.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02X", digest[i]);
    text += digits.data();
  }
  return text;
}

Result<std::string> make_pfx(std::span<const KeyedCertificate> certificates,
                             const PfxOptions& options) {
  return PfxMaker(options).make(certificates);
}

Result<std::string> encrypt_cms(std::string_view content, std::string_view recipient,
                                const CmsOptions& options) {
  const auto certificate = certificate_of(recipient);
  if (!certificate) return failed("the recipient is not a certificate");
  const EVP_CIPHER* cipher = options.cipher == "aes128"   ? EVP_aes_128_cbc()
                             : options.cipher == "aes256" ? EVP_aes_256_cbc()
                             : options.cipher == "des3"   ? EVP_des_ede3_cbc()
                                                          : nullptr;
  if (cipher == nullptr) return failed("no cipher '" + options.cipher + "'");
  constexpr unsigned kFlags = CMS_BINARY | CMS_PARTIAL;
  const Cms cms(CMS_encrypt(nullptr, nullptr, cipher, kFlags));
  CMS_RecipientInfo* info =
      cms ? CMS_add1_recipient_cert(cms.get(), certificate.get(), CMS_KEY_PARAM) : nullptr;
  EVP_PKEY_CTX* context = info != nullptr ? CMS_RecipientInfo_get0_pkey_ctx(info) : nullptr;
  if (context == nullptr) return failed("the recipient's key cannot be used");
  if (options.key_transport == "oaep" &&
      EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1)
    return failed("no OAEP");
  const Bio in(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  if (CMS_final(cms.get(), in.get(), nullptr, kFlags) != 1) return failed("encryption failed");
  return encoded(cms.get(), i2d_CMS_ContentInfo);
}

}  // namespace azl::platform
