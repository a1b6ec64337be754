#include "imds/openssl.h"

#include <algorithm>
#include <array>
#include <climits>

#include <openssl/buffer.h>
#include <openssl/err.h>
#include <openssl/objects.h>

namespace azl::imds {

std::string take_openssl_error() { return take_openssl_failure().text; }

OpensslFailure take_openssl_failure() {
  OpensslFailure failure{.text = "OpenSSL gives no reason"};
  while (const unsigned long code = ERR_get_error()) {
    const char* text = ERR_reason_error_string(code);
    if (text != nullptr) failure.text = text;
    failure.unsupported = failure.unsupported || ERR_GET_REASON(code) == ERR_R_UNSUPPORTED;
  }
  return failure;
}

bool openssl_in_fips_mode() { return EVP_default_properties_is_fips_enabled(nullptr) == 1; }

OpensslErrorScope::~OpensslErrorScope() { ERR_clear_error(); }

Bio reading_bio(std::string_view bytes, std::size_t limit) {
  if (bytes.size() > std::min<std::size_t>(limit, INT_MAX)) return nullptr;
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Bio writing_bio() { return Bio(BIO_new(BIO_s_secmem())); }

std::optional<Secret> written_bytes(const Bio& bio, std::size_t limit) {
  BUF_MEM* memory = nullptr;
  if (BIO_get_mem_ptr(bio.get(), &memory) != 1 || memory->length > limit) return std::nullopt;
  return Secret(std::string(memory->data, memory->length));
}

std::string der_of(const X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

std::string name_of(const ASN1_OBJECT* algorithm) {
  if (const int known = OBJ_obj2nid(algorithm); known != NID_undef) return OBJ_nid2ln(known);
  std::array<char, 128> number{};
  const int size = OBJ_obj2txt(number.data(), number.size(), algorithm, 1);
  return size > 0 ? std::string(number.data()) : "unknown";
}

}  // namespace azl::imds
