#include "net/mac.h"

#include <doctest/doctest.h>

namespace azl::net {
namespace {

constexpr MacAddress kMacA{0x00, 0x0d, 0x3a, 0x12, 0x34, 0x56};

TEST_CASE("a MAC is written and read with colons") {
  CHECK(to_string(kMacA) == "00:0d:3a:12:34:56");
  CHECK(parse_mac("00:0d:3a:12:34:56") == kMacA);
  CHECK(parse_mac("00:0D:3A:12:34:56") == kMacA);
  for (const char* text : {"", "000d3a123456", "00:0d:3a:12:34", "00:0d:3a:12:34:5",
                           "00:0d:3a:12:34:567", "00-0d-3a-12-34-56", "00:0d:3a:12:34:5g",
                           "00:0d:3a:12:34:56:78:9a:bc:de:f0:00:00:00:00:00:00:00:00:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_mac(text));
  }
}

}  // namespace
}  // namespace azl::net
