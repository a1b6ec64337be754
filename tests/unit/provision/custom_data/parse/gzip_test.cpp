#include "provision/custom_data/parse/gzip.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/parse/packed.h"

using namespace azl::provision::custom_data;
using azl::test::packed;

namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 24;

/// The message of the error, or "unpacked".
std::string fault(std::string_view bytes, std::size_t limit = kPlenty) {
  const auto text = gunzip(bytes, limit);
  if (text) return "unpacked";
  CHECK(text.error().reason() == azl::Reason::kCustomData);
  return text.error().to_string();
}

/// Text that deflate cannot shrink much.
std::string noise(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525U + 1013904223U;
    text += static_cast<char>(state >> 24U);
  }
  return text;
}

}  // namespace

TEST_CASE("gzip data is known by its first two bytes (RFC 1952, section 2.3.1)") {
  CHECK(is_gzip(packed("x")));
  CHECK(is_gzip("\x1f\x8b"));
  CHECK_FALSE(is_gzip("\x1f"));
  CHECK_FALSE(is_gzip(""));
  CHECK_FALSE(is_gzip("#!\x1f\x8b"));
}

TEST_CASE("gzip data of every size unpacks to what was packed") {
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 8192U, 100'000U}) {
    CAPTURE(size);
    const std::string text = noise(size);
    const auto unpacked = gunzip(packed(text), kPlenty);
    REQUIRE(unpacked);
    CHECK((unpacked->reveal() == text));
  }
}

TEST_CASE("members follow each other, and zeros may follow the last one") {
  // RFC 1952, section 2.2: a file is a series of members.
  const auto unpacked =
      gunzip(packed("one ") + std::string(3, '\0') + packed("two") + std::string(9, '\0'), kPlenty);
  REQUIRE(unpacked);
  CHECK(unpacked->reveal() == "one two");
}

TEST_CASE("damaged gzip data is refused") {
  const std::string good = packed("the text of a document");
  CHECK(fault(good) == "unpacked");
  CHECK(fault("no gzip data") == "it is not gzip data");
  CHECK(fault("") == "it is not gzip data");
  CHECK(fault(good + "more") == "other data follows the gzip data");
  for (std::size_t size = 2; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(fault(good.substr(0, size)) == "the gzip data is cut off");
  }
  std::string wrong_crc = good;
  wrong_crc[good.size() - 8] ^= 1;
  CHECK(fault(wrong_crc) == "the gzip data is damaged");
  std::string wrong_method = good;
  wrong_method[2] = 7;
  CHECK(fault(wrong_method) == "the gzip data is damaged");
}

TEST_CASE("gzip data that unpacks to more than the limit is refused") {
  const std::string text = noise(5000);
  CHECK(fault(packed(text), 5000) == "unpacked");
  CHECK(fault(packed(text), 4999) == "the gzip data unpacks to more than 4999 bytes");
  CHECK(fault(packed(text), 0) == "the gzip data unpacks to more than 0 bytes");
  CHECK(fault(packed(""), 0) == "unpacked");
  CHECK(fault(packed(noise(3000)) + packed(noise(3000)), 5000) ==
        "the gzip data unpacks to more than 5000 bytes");
}

TEST_CASE("a gzip bomb is refused before it reaches the limit") {
  const std::string zeros(kUnpackRatioFrom, '\0');
  CHECK(fault(packed(zeros)) == "unpacked");
  CHECK(fault(packed(zeros + '\0')) == "the gzip data unpacks to more than 200 times its size");
  // What is beyond 1 MiB and shrinks to a hundredth is still unpacked.
  const std::string mixed = noise(25'000) + zeros + zeros;
  CHECK(fault(packed(mixed)) == "unpacked");
}

TEST_CASE("what is unpacked is taken from a shared budget, also if it is lost") {
  std::size_t budget = 10'000;
  CHECK(gunzip_within(packed(noise(4000)), budget));
  CHECK(budget == 6000);
  CHECK_FALSE(gunzip_within("no gzip data", budget));
  CHECK(budget == 6000);
  CHECK_FALSE(gunzip_within(packed(noise(1000)) + "more", budget));
  CHECK(budget == 5000);
  CHECK_FALSE(gunzip_within(packed(noise(5001)), budget));
  CHECK(budget == 0);
  CHECK_FALSE(gunzip_within(packed("x"), budget));
}
