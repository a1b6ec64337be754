#include "imds/certificates/fingerprint.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::imds;

TEST_CASE("a certificate is named by the SHA-1 of its bytes") {
  CHECK(fingerprint_of("abc") ==
        "A9993E364706816ABA3E25717850C26C9CD0D89D");  // FIPS 180-4's example
  CHECK(fingerprint_of("") == "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709");
}

TEST_CASE("a fingerprint is read in the spellings that people use") {
  const std::string known = "A9993E364706816ABA3E25717850C26C9CD0D89D";
  struct Row {
    std::string text;
    std::optional<std::string> read;
  };
  const std::vector<Row> rows = {
      {known, known},
      {"a9993e364706816aba3e25717850c26c9cd0d89d", known},
      {" A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D\n", known},
      {"", std::nullopt},
      {"A9993E364706816ABA3E25717850C26C9CD0D8", std::nullopt},
      {known + "00", std::nullopt},
      {"G9993E364706816ABA3E25717850C26C9CD0D89D", std::nullopt},
      {"A9993E36 4706816ABA3E25717850C26C9CD0D89D", std::nullopt},
      {std::string(100'000, ':'), std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text.substr(0, 60));
    CHECK(parse_fingerprint(row.text) == row.read);
  }
}
