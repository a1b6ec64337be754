// Expected values are those of Python's base64.b64decode() and base64.decodebytes(), which
// cloud-init uses.
#include "provision/custom_data/parse/loose_base64.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/text.h"

using azl::provision::custom_data::decode_loose_base64;

TEST_CASE("base64 is read as Python reads it") {
  struct Case {
    std::string_view text;
    std::string_view bytes;
  };
  constexpr Case kCases[] = {
      {"", ""},
      {"YQ==", "a"},
      {"YWI=", "ab"},
      {"YWJj", "abc"},
      {"YWJjZGU=", "abcde"},
      {"+/+/", "\xfb\xff\xbf"},
      {" Y\nW\tJ\rj ", "abc"},      // white space
      {"a.GV..s?Y-=Q_==", "hela"},  // other characters, also a "=" that completes nothing
      {"YR==", "a"},                // bits that are not used
      {"YQ==YWJj", "a"},            // ends at the padding
      {"YWI==", "ab"},              // padding that is too long
      {"====", ""},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.text);
    CHECK(decode_loose_base64(test.text) == test.bytes);
  }
}

TEST_CASE("base64 that is cut off, or has characters other than ASCII, is not read") {
  for (const std::string_view text : {"Y", "YQ", "YQ=", "YWI", "YWJjZ", "YQ=a", "Y=Q=", "ä"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_loose_base64(text));
  }
}

TEST_CASE("every byte survives base64") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(decode_loose_base64(azl::base64_encode(all)) == all);
}
