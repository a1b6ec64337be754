#include "tests/platform/authority.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "base/fd.h"

namespace azl::platform {
namespace {

using Bio = Handle<BIO, BIO_free_all>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Handle<X509, X509_free>;
using Extension = Handle<X509_EXTENSION, X509_EXTENSION_free>;
using Message = Handle<PKCS7, PKCS7_free>;

constexpr std::time_t kDay = std::time_t{24} * 60 * 60;
constexpr long kVersion3 = 2;  // X509_set_version counts from 0

/// Ends the program unless `done`: OpenSSL has no memory.
void require(bool done) {
  if (done) return;
  std::fputs("azl-platform: OpenSSL cannot make a certificate\n", stderr);
  std::abort();
}

Key make_key(unsigned rsa_bits) {
  Key key(rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits));
  require(key != nullptr);
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void set_common_name(X509* certificate, const std::string& name) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(name.c_str());
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, bytes,
                                     -1, -1, 0) == 1);
}

/// A certificate without issuer, extensions and signature.
Certificate begin_certificate(const std::string& name, EVP_PKEY* key, long serial,
                              const AuthorityOptions& options) {
  Certificate certificate(X509_new());
  const std::time_t now = std::time(nullptr);
  std::time_t from = options.from != 0 ? options.from : now - kDay;
  std::time_t until = options.until != 0 ? options.until : now + kDay;
  require(certificate && X509_set_version(certificate.get(), kVersion3) == 1 &&
          ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial) == 1 &&
          X509_time_adj_ex(X509_getm_notBefore(certificate.get()), 0, 0, &from) != nullptr &&
          X509_time_adj_ex(X509_getm_notAfter(certificate.get()), 0, 0, &until) != nullptr &&
          X509_set_pubkey(certificate.get(), key) == 1);
  set_common_name(certificate.get(), name);
  return certificate;
}

/// By the ids of keys, two authorities of one name are told apart.
void end_certificate(X509* certificate, X509* issuer, EVP_PKEY* key) {
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
          X509_sign(certificate, key, EVP_sha256()) > 0);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_X509(bio.get(), certificate) == 1);
  return text_of(bio.get());
}

/// Names the algorithm of the signature where that of the digest belongs.
void name_signature_algorithm(PKCS7* message) {
  auto* signers = PKCS7_get_signer_info(message);
  auto* signer = sk_PKCS7_SIGNER_INFO_value(signers, 0);
  for (auto* algorithm : {signer->digest_alg, sk_X509_ALGOR_value(message->d.sign->md_algs, 0)})
    require(X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL,
                            nullptr) == 1);
}

}  // namespace

struct Authority::Chain {
  Key root_key;
  Key intermediate_key;
  Key service_key;
  Certificate root;
  Certificate intermediate;
  Certificate service;
};

Authority::Authority(const AuthorityOptions& options) : chain_(std::make_unique<Chain>()) {
  auto& chain = *chain_;
  for (auto* key : {&chain.root_key, &chain.intermediate_key, &chain.service_key})
    *key = make_key(options.rsa_bits);

  chain.root = begin_certificate("Simulated Root", chain.root_key.get(), 1, options);
  add_extension(chain.root.get(), chain.root.get(), NID_basic_constraints, "critical,CA:TRUE");
  end_certificate(chain.root.get(), chain.root.get(), chain.root_key.get());

  chain.intermediate =
      begin_certificate("Simulated Issuing CA 01", chain.intermediate_key.get(), 2, options);
  add_extension(chain.intermediate.get(), chain.intermediate.get(), NID_basic_constraints,
                "critical,CA:TRUE,pathlen:0");
  end_certificate(chain.intermediate.get(), chain.root.get(), chain.root_key.get());

  chain.service = begin_certificate(options.service, chain.service_key.get(), 3, options);
  if (!options.names_only_subject)
    add_extension(chain.service.get(), chain.service.get(), NID_subject_alt_name,
                  "DNS:" + options.service);
  add_extension(chain.service.get(), chain.service.get(), NID_ext_key_usage,
                options.client_only ? "clientAuth" : "serverAuth,clientAuth");
  if (options.self_made)
    end_certificate(chain.service.get(), chain.service.get(), chain.service_key.get());
  else
    end_certificate(chain.service.get(), chain.intermediate.get(), chain.intermediate_key.get());
}

Authority::~Authority() = default;
Authority::Authority(Authority&&) noexcept = default;

std::string Authority::root_pem() const { return pem_of(chain_->root.get()); }
std::string Authority::intermediate_pem() const { return pem_of(chain_->intermediate.get()); }

std::string Authority::intermediate_der() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(bio && i2d_X509_bio(bio.get(), chain_->intermediate.get()) == 1);
  return text_of(bio.get());
}

std::string Authority::sign(std::string_view content, const MessageOptions& options) const {
  const Bio in(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  const int flags = PKCS7_BINARY | PKCS7_NOSMIMECAP | (options.content ? 0 : PKCS7_DETACHED) |
                    (options.signer ? 0 : PKCS7_NOCERTS);
  const Message message(
      PKCS7_sign(chain_->service.get(), chain_->service_key.get(), nullptr, in.get(), flags));
  require(message != nullptr);
  if (options.intermediate)
    require(PKCS7_add_certificate(message.get(), chain_->intermediate.get()) == 1);
  if (options.azure_algorithms) name_signature_algorithm(message.get());
  const Bio out(BIO_new(BIO_s_mem()));
  require(out && i2d_PKCS7_bio(out.get(), message.get()) == 1);
  return text_of(out.get());
}

}  // namespace azl::platform
