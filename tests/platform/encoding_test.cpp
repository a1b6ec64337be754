#include "tests/platform/encoding.h"

#include <doctest/doctest.h>

namespace azl::platform {
namespace {

// RFC 4648, section 10.
TEST_CASE("base64 pads to groups of four") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("byte swapping reverses the first three groups of a VM id, and twice restores it") {
  const char* const id = "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf";
  CHECK(byte_swapped(id) == "527c2691-029f-fe4c-b1f4-a4da7ebac2cf");
  CHECK(byte_swapped(byte_swapped(id)) == id);
}

TEST_CASE("percent decoding keeps text that is not a valid escape") {
  CHECK(percent_decoded("/a%20b%2Fc") == "/a b/c");
  CHECK(percent_decoded("100%") == "100%");
  CHECK(percent_decoded("%4") == "%4");
  CHECK(percent_decoded("%zz%41") == "%zzA");
}

TEST_CASE("percent encoding keeps unreserved characters") {
  CHECK(percent_encoded("a-b._~9") == "a-b._~9");
  CHECK(percent_encoded("a b/\xc3\xa9") == "a%20b%2F%C3%A9");
}

}  // namespace
}  // namespace azl::platform
