#include "imds/openssl.h"

#include <array>
#include <string>

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/objects.h>

namespace azl::imds {
namespace {

/// Reads all of a BIO.
std::string read_all(const Bio& bio) {
  std::array<char, 64> part{};
  const int size = BIO_read(bio.get(), part.data(), part.size());
  return size > 0 ? std::string(part.data(), static_cast<std::size_t>(size)) : std::string();
}

TEST_CASE("the last error of OpenSSL is told once") {
  ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
  ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
  CHECK(take_openssl_error() == "bad decrypt");
  CHECK(take_openssl_error() == "OpenSSL gives no reason");
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a scope leaves no error behind") {
  {
    const OpensslErrorScope scope;
    ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
  }
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("bytes are read up to the limit") {
  const std::string bytes("a\0b", 3);
  CHECK(read_all(reading_bio(bytes, 3)) == bytes);
  CHECK(reading_bio(bytes, 2) == nullptr);
  CHECK(read_all(reading_bio("", 0)).empty());
}

TEST_CASE("written bytes are given up to the limit") {
  const auto bio = writing_bio();
  REQUIRE(bio);
  CHECK(written_bytes(bio, 0)->empty());
  REQUIRE(BIO_write(bio.get(), "a\0b", 3) == 3);
  CHECK(written_bytes(bio, 3)->reveal() == std::string("a\0b", 3));
  CHECK_FALSE(written_bytes(bio, 2));
}

TEST_CASE("an algorithm has its name, or its number if OpenSSL does not know it") {
  CHECK(name_of(OBJ_nid2obj(NID_des_ede3_cbc)) == "des-ede3-cbc");
  const Handle<ASN1_OBJECT, ASN1_OBJECT_free> own(OBJ_txt2obj("1.3.6.1.4.1.99999.7", 1));
  CHECK(name_of(own.get()) == "1.3.6.1.4.1.99999.7");
}

}  // namespace
}  // namespace azl::imds
