#include "imds/openssl.h"

#include <algorithm>
#include <array>
#include <climits>

#include <openssl/buffer.h>
#include <openssl/err.h>
#include <openssl/objects.h>

namespace azl::imds {

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* text = code != 0 ? ERR_reason_error_string(code) : nullptr;
  std::string said = text != nullptr ? text : "OpenSSL gives no reason";
  ERR_clear_error();
  return said;
}

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

std::string name_of(const ASN1_OBJECT* algorithm) {
  if (const int known = OBJ_obj2nid(algorithm); known != NID_undef) return OBJ_nid2ln(known);
  std::array<char, 128> number{};
  const int size = OBJ_obj2txt(number.data(), number.size(), algorithm, 1);
  return size > 0 ? std::string(number.data()) : "unknown";
}

}  // namespace azl::imds
