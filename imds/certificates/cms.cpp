#include "imds/certificates/cms.h"

#include <algorithm>
#include <array>
#include <string>

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/objects.h>

#include "imds/certificates/refusal.h"

namespace azl::imds {
namespace {

using Message = Handle<CMS_ContentInfo, CMS_ContentInfo_free>;

void free_parts(ASN1_SEQUENCE_ANY* parts) { sk_ASN1_TYPE_pop_free(parts, ASN1_TYPE_free); }
using Parts = Handle<ASN1_SEQUENCE_ANY, free_parts>;

constexpr std::array kTransports = {NID_rsaEncryption, NID_rsaesOaep};
constexpr std::array kCiphers = {NID_aes_128_cbc, NID_des_ede3_cbc};

/// Returns the parts of a SEQUENCE at the start of `der`; null if there is none.
Parts parts_of(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return Parts(d2i_ASN1_SEQUENCE_ANY(nullptr, &at, static_cast<long>(der.size())));
}

/// Returns the encoding of the first part of a type that is kept encoded: V_ASN1_SEQUENCE, or
/// V_ASN1_OTHER, which is any tag like [0]. Empty if there is none.
std::string_view find_part(const Parts& parts, int type) {
  const int count = parts ? sk_ASN1_TYPE_num(parts.get()) : 0;
  for (int i = 0; i < count; ++i) {
    const ASN1_TYPE* part = sk_ASN1_TYPE_value(parts.get(), i);
    if (part->type != type) continue;
    const ASN1_STRING* bytes = part->value.asn1_string;
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(bytes)),
            static_cast<std::size_t>(ASN1_STRING_length(bytes))};
  }
  return {};
}

/// Returns what is inside an element; empty if it has no header.
std::string_view content_of(std::string_view element) {
  const auto* at = reinterpret_cast<const unsigned char*>(element.data());
  const auto* const begin = at;
  long size = 0;
  int tag = 0;
  int kind = 0;
  const int read = ASN1_get_object(&at, &size, &tag, &kind, static_cast<long>(element.size()));
  if ((static_cast<unsigned>(read) & 0x80U) != 0) return {};
  return element.substr(static_cast<std::size_t>(at - begin));
}

using Algorithm = Handle<X509_ALGOR, X509_ALGOR_free>;

/// Returns the algorithm of the content, or null. OpenSSL has no function for it. RFC 5652:
///   ContentInfo          ::= SEQUENCE { contentType, content [0] EXPLICIT EnvelopedData }
///   EnvelopedData        ::= SEQUENCE { version, originatorInfo [0] OPTIONAL, recipientInfos SET,
///                                       encryptedContentInfo EncryptedContentInfo, … }
///   EncryptedContentInfo ::= SEQUENCE { contentType, contentEncryptionAlgorithm SEQUENCE, … }
Algorithm algorithm_of_content(std::string_view message) {
  // The parts own the bytes that find_part() returns.
  const auto outer = parts_of(message);
  const auto enveloped = parts_of(content_of(find_part(outer, V_ASN1_OTHER)));
  const auto content = parts_of(find_part(enveloped, V_ASN1_SEQUENCE));
  const auto algorithm = find_part(content, V_ASN1_SEQUENCE);
  const auto* at = reinterpret_cast<const unsigned char*>(algorithm.data());
  return Algorithm(d2i_X509_ALGOR(nullptr, &at, static_cast<long>(algorithm.size())));
}

const ASN1_OBJECT* object_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return object;
}

template <std::size_t N>
bool is_one_of(const ASN1_OBJECT* algorithm, const std::array<int, N>& accepted) {
  return std::ranges::find(accepted, OBJ_obj2nid(algorithm)) != accepted.end();
}

/// Returns the algorithm by which the key is sent to this recipient; null if it is not sent.
const ASN1_OBJECT* find_transport(CMS_ContentInfo* message, X509* recipient) {
  const STACK_OF(CMS_RecipientInfo)* recipients = CMS_get0_RecipientInfos(message);
  for (int i = 0; i < sk_CMS_RecipientInfo_num(recipients); ++i) {
    CMS_RecipientInfo* info = sk_CMS_RecipientInfo_value(recipients, i);
    if (CMS_RecipientInfo_type(info) != CMS_RECIPINFO_TRANS ||
        CMS_RecipientInfo_ktri_cert_cmp(info, recipient) != 0)
      continue;
    X509_ALGOR* algorithm = nullptr;
    if (CMS_RecipientInfo_ktri_get0_algs(info, nullptr, nullptr, &algorithm) == 1 &&
        algorithm != nullptr)
      return object_of(algorithm);
  }
  return nullptr;
}

Result<void> check_algorithms(CMS_ContentInfo* message, std::string_view bytes, X509* recipient) {
  if (OBJ_obj2nid(CMS_get0_type(message)) != NID_pkcs7_enveloped)
    return refuse_algorithm("the answer is CMS of the kind", CMS_get0_type(message));
  const auto* transport = find_transport(message, recipient);
  if (transport == nullptr)
    return refuse_answer("the answer is not encrypted to the certificate of this request");
  if (!is_one_of(transport, kTransports))
    return refuse_algorithm("the key of the answer is encrypted with", transport);
  const auto cipher = algorithm_of_content(bytes);
  if (!cipher) return refuse_answer("the answer does not say how its content is encrypted");
  if (!is_one_of(object_of(cipher.get()), kCiphers))
    return refuse_algorithm("the content of the answer is encrypted with", object_of(cipher.get()));
  return {};
}

}  // namespace

Result<Secret> decrypt_cms(std::string_view message, const TransportCertificate& recipient) {
  const OpensslErrorScope scope;
  if (message.size() > kCmsLimit)
    return refuse_answer("the answer is longer than " + std::to_string(kCmsLimit) + " bytes");
  const auto* at = reinterpret_cast<const unsigned char*>(message.data());
  const Message cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(message.size())));
  if (!cms) return refuse_by_openssl("the answer is not CMS");
  OR_RETURN(check_algorithms(cms.get(), message, recipient.certificate.get()));
  const auto content = writing_bio();
  // The certificate picks the recipient. Without it, OpenSSL would try the key on all of them, and
  // hide a failure behind a random key.
  if (!content || CMS_decrypt(cms.get(), recipient.key.get(), recipient.certificate.get(), nullptr,
                              content.get(), CMS_BINARY) != 1)
    return refuse_by_openssl("the answer could not be decrypted");
  auto bytes = written_bytes(content, message.size());
  if (!bytes) return refuse_answer("the content of the answer is longer than the answer");
  return std::move(*bytes);
}

}  // namespace azl::imds
