// What the code that uses OpenSSL shares: owners of its objects, its errors as text, and bytes in
// and out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/fd.h"
#include "base/secret.h"

namespace azl::imds {

using Bio = Handle<BIO, BIO_free_all>;
using Certificate = Handle<X509, X509_free>;
using PublicOrPrivateKey = Handle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

/// Returns what OpenSSL says about the last failure, such as "bad decrypt", and clears its queue of
/// errors, so that no later failure reports it. Returns "OpenSSL gives no reason" if the queue is
/// empty. The text never quotes the input.
[[nodiscard]] std::string take_openssl_error();

/// Why OpenSSL could not do something.
struct OpensslFailure {
  std::string text;  ///< as take_openssl_error()
  /// No provider that may be used has an algorithm: it is for the legacy provider, or FIPS mode
  /// forbids it.
  bool unsupported = false;
};
/// Returns what OpenSSL says about the last failure, and clears its queue of errors.
[[nodiscard]] OpensslFailure take_openssl_failure();
/// Returns whether OpenSSL may use only what FIPS 140 approves, by its configuration.
[[nodiscard]] bool openssl_in_fips_mode();

/// Clears OpenSSL's queue of errors when it goes out of scope. For code that expects failures.
class OpensslErrorScope {
 public:
  OpensslErrorScope() = default;
  OpensslErrorScope(const OpensslErrorScope&) = delete;
  OpensslErrorScope& operator=(const OpensslErrorScope&) = delete;
  ~OpensslErrorScope();
};

/// Returns a BIO that reads `bytes`, which must outlive it. Null if there are over `limit` bytes,
/// or without memory.
[[nodiscard]] Bio reading_bio(std::string_view bytes, std::size_t limit);
/// Returns a BIO that keeps what is written to it, and wipes it when it is freed. Null without
/// memory.
[[nodiscard]] Bio writing_bio();
/// Returns what was written to a writing_bio(); nullopt if that is over `limit` bytes.
[[nodiscard]] std::optional<Secret> written_bytes(const Bio& bio, std::size_t limit);

/// Returns the DER of a certificate; empty without memory.
[[nodiscard]] std::string der_of(const X509* certificate);

/// Returns the name of an algorithm for messages: "des-ede3-cbc", or its number
/// "1.2.840.113549.3.2" if OpenSSL has no name for it.
[[nodiscard]] std::string name_of(const ASN1_OBJECT* algorithm);

}  // namespace azl::imds
