#include "imds/attested/verify.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "imds/identity.h"
#include "imds/openssl.h"

namespace azl::imds {
namespace {

using enum AttestedDoubt;

void free_certificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
void free_borrowed(STACK_OF(X509) * stack) { sk_X509_free(stack); }
using Certificates = Handle<STACK_OF(X509), free_certificates>;
using BorrowedCertificates = Handle<STACK_OF(X509), free_borrowed>;
using Message = Handle<PKCS7, PKCS7_free>;
using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using Store = Handle<X509_STORE, X509_STORE_free>;
using StoreContext = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

constexpr std::size_t kPemLimit = std::size_t{4} << 20;  // some 150 roots have 250 kB
constexpr int kLongestChain = 6;                         // Azure's has three certificates
constexpr int kSecurityLevel = 2;                        // SSL_CTX_set_security_level(3): 112 bits
constexpr auto kClockTolerance = std::chrono::minutes(5);

/// A doubt, and the sentence about it.
struct Doubt {
  AttestedDoubt kind = kNone;
  std::string why = {};
};

Doubt out_of_memory() { return {kNoAnswer, "there is no memory for checking the document"}; }

/// Adds the certificates of a text in PEM.
void add_pem(STACK_OF(X509) * certificates, std::string_view pem) {
  const auto bio = reading_bio(pem, kPemLimit);
  while (bio) {
    // PEM_read_bio_X509 asks on the terminal for the password of an encrypted block, unless it is
    // given one.
    std::array<char, 1> no_password{};
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, no_password.data()));
    if (!next && BIO_eof(bio.get()) == 1) break;
    if (next && sk_X509_push(certificates, next.get()) > 0) (void)next.release();
  }
}

/// Adds the certificates of a file in DER or PEM.
void add_file(STACK_OF(X509) * certificates, std::string_view bytes) {
  const auto* next = reinterpret_cast<const unsigned char*>(bytes.data());
  Certificate certificate(d2i_X509(nullptr, &next, static_cast<long>(bytes.size())));
  if (!certificate) return add_pem(certificates, bytes);
  if (sk_X509_push(certificates, certificate.get()) > 0) (void)certificate.release();
}

/// Returns a message that signs content of its own, once. Null for any other bytes.
Message parse_message(std::string_view der) {
  if (der.size() > kAttestedLimit) return nullptr;
  const auto* next = reinterpret_cast<const unsigned char*>(der.data());
  Message message(d2i_PKCS7(nullptr, &next, static_cast<long>(der.size())));
  const bool whole =
      message && next == reinterpret_cast<const unsigned char*>(der.data()) + der.size();
  if (!whole || !PKCS7_type_is_signed(message.get()) || PKCS7_get_detached(message.get()) != 0)
    return nullptr;
  const auto* signers = PKCS7_get_signer_info(message.get());
  return signers != nullptr && sk_PKCS7_SIGNER_INFO_num(signers) == 1 ? std::move(message)
                                                                      : nullptr;
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// The names of a TLS server: those of subjectAltName, or the common name if it has none.
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const Names alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; alternatives && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS) names.push_back(text_of(name->d.dNSName));
  }
  if (!names.empty()) return names;
  const auto* subject = X509_get_subject_name(certificate);
  const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place >= 0)
    names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place))));
  return names;
}

std::string common_issuer(X509* certificate) {
  const auto* issuer = X509_get_issuer_name(certificate);
  const int place = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);
  if (place < 0) return "without a name";
  return "'" + printable(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, place)))) +
         "'";
}

/// Checks the signature, and returns the content through `content`.
Doubt check_signature(PKCS7* message, std::string& content) {
  const auto out = writing_bio();
  if (!out) return out_of_memory();
  // The chain is checked apart from this, because PKCS7_verify wants certificates for e-mail.
  if (PKCS7_verify(message, nullptr, nullptr, nullptr, out.get(), PKCS7_NOVERIFY | PKCS7_BINARY) !=
      1)
    return {kSignature,
            "the signature of the attested document does not match: " + take_openssl_error()};
  const auto bytes = written_bytes(out, kAttestedLimit);
  if (!bytes) return {kMalformed, "the attested document is too long"};
  content = bytes->reveal();
  return {};
}

Doubt check_name(X509* signer, std::string& name) {
  const auto names = names_of(signer);
  const auto found = std::ranges::find_if(names, is_metadata_service);
  if (found != names.end()) {
    name = printable(*found);
    return {};
  }
  const auto shown = names.empty() ? std::string("a certificate without a name")
                                   : "'" + printable(names.front()) + "'";
  return {kName, "the attested document is signed by " + shown + ", not by the metadata service"};
}

/// Returns what an error of X509_verify_cert(3) means. `at` is the certificate that it is about.
Doubt describe_chain_error(int error, X509* at, WallTime now) {
  const std::string said = X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return {kMissingIssuer,
              "the certificate of the issuer " +
                  (at != nullptr ? common_issuer(at) : std::string("of the signer")) +
                  " is neither a root of this system nor in the directory of "
                  "intermediate certificates"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {kClockBehind, "a certificate of the signer is not valid yet at " + iso8601(now) +
                                ", so the clock may not be set"};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {kExpired, "a certificate of the signer has expired"};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {kUntrusted,
              "the signer's chain ends at a certificate that this system does not trust"};
    default:
      return {kUntrusted, "the signer's chain is refused: " + said};
  }
}

Doubt check_chain(PKCS7* message, X509* signer, const TrustedCertificates& trusted, WallTime now) {
  const Certificates roots(sk_X509_new_null());
  const Certificates intermediates(sk_X509_new_null());
  if (!roots || !intermediates) return out_of_memory();
  add_pem(roots.get(), trusted.roots);
  if (sk_X509_num(roots.get()) == 0)
    return {kNoRoots, "this system has no root certificates (package ca-certificates)"};
  for (const auto& file : trusted.intermediates) add_file(intermediates.get(), file);
  // The message may bring certificates of its own, which are trusted no more than intermediates.
  const BorrowedCertificates candidates(sk_X509_dup(intermediates.get()));
  const auto* own = message->d.sign->cert;
  for (int i = 0; i < sk_X509_num(own); ++i) sk_X509_push(candidates.get(), sk_X509_value(own, i));

  const Store store(X509_STORE_new());
  const StoreContext context(X509_STORE_CTX_new());
  if (!store || !context || !candidates ||
      X509_STORE_CTX_init(context.get(), store.get(), signer, candidates.get()) != 1)
    return out_of_memory();
  X509_STORE_CTX_set0_trusted_stack(context.get(), roots.get());
  auto* const rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_depth(rules, kLongestChain);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  X509_VERIFY_PARAM_set_time(
      rules, std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  if (X509_verify_cert(context.get()) == 1) return {};
  return describe_chain_error(X509_STORE_CTX_get_error(context.get()),
                              X509_STORE_CTX_get_current_cert(context.get()), now);
}

Doubt check_document(const AttestedDocument& document, const AttestedExpectation& expected) {
  if (document.nonce != expected.nonce)
    return {kNonce, "the attested document answers another request"};
  if (!same_vm(document.vm_id, expected.vm_id))
    return {kOtherVm, "Azure signed that this is VM " + printable(document.vm_id) +
                          ", and this is VM " + expected.vm_id};
  if (expected.now + kClockTolerance < document.created)
    return {kClockBehind, "the attested document is of " + iso8601(document.created) +
                              ", and the clock says " + iso8601(expected.now)};
  if (document.expires + kClockTolerance < expected.now)
    return {kExpired, "the attested document expired at " + iso8601(document.expires)};
  return {};
}

Attestation doubted(Doubt doubt, Attestation attestation = {}) {
  attestation.doubt = doubt.kind;
  attestation.why = std::move(doubt.why);
  return attestation;
}

}  // namespace

AttestedVerdict verdict_of(AttestedDoubt doubt) {
  switch (doubt) {
    case kNone:
      return AttestedVerdict::kVerified;
    case kNoAnswer:
    case kMalformed:
    case kNoRoots:
    case kMissingIssuer:
    case kClockBehind:
      return AttestedVerdict::kUnverified;
    case kSignature:
    case kUntrusted:
    case kName:
    case kExpired:
    case kNonce:
    case kOtherVm:
      return AttestedVerdict::kRefuted;
  }
  return AttestedVerdict::kUnverified;
}

bool is_metadata_service(std::string_view dns_name) {
  constexpr auto kServices =
      std::to_array<std::string_view>({"metadata.azure.com", "metadata.azure.us",
                                       "metadata.azure.cn", "metadata.microsoftazure.de"});
  const auto name = lower(dns_name);
  return std::ranges::any_of(kServices, [&](std::string_view service) {
    return name == service || name.ends_with("." + std::string(service));
  });
}

Attestation verify_attested(std::string_view der, const TrustedCertificates& trusted,
                            const AttestedExpectation& expected) {
  const OpensslErrorScope errors;
  const auto message = parse_message(der);
  if (!message) return doubted({kMalformed, "the attested document is no signed PKCS #7 message"});
  // Borrowed from the message. A signer that the message lacks cannot be looked up anywhere.
  const BorrowedCertificates signers(PKCS7_get0_signers(message.get(), nullptr, 0));
  if (!signers || sk_X509_num(signers.get()) != 1)
    return doubted({kMalformed, "the attested document lacks its signer's certificate"});
  auto* const signer = sk_X509_value(signers.get(), 0);

  Attestation attestation;
  std::string content;
  if (auto doubt = check_signature(message.get(), content); doubt.kind != kNone)
    return doubted(std::move(doubt));
  auto document = parse_attested_document(content);
  if (!document) return doubted({kMalformed, document.error().to_string()});
  attestation.document = std::move(*document);
  auto doubt = check_name(signer, attestation.signer);
  if (doubt.kind == kNone) doubt = check_chain(message.get(), signer, trusted, expected.now);
  if (doubt.kind == kNone) doubt = check_document(*attestation.document, expected);
  return doubted(std::move(doubt), std::move(attestation));
}

}  // namespace azl::imds
