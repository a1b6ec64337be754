#include "net/listed_address.h"

#include <string>

#include <doctest/doctest.h>

namespace azl::net {
namespace {

TEST_CASE("an address is parsed into its canonical form and its prefix") {
  struct Row {
    const char* text;
    const char* expected;
    int prefix;
    bool ipv6;
  };
  const Row rows[] = {{"10.0.0.5/24", "10.0.0.5", 24, false},
                      {"10.0.0.5/32", "10.0.0.5", 32, false},
                      {"FD00:0:0::5/128", "fd00::5", 128, true},
                      {"fd00::5/1", "fd00::5", 1, true}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto address = parse_listed_address(row.text);
    REQUIRE(address);
    CHECK(address->text == row.expected);
    CHECK(address->prefix == row.prefix);
    CHECK(address->ipv6 == row.ipv6);
  }
}

TEST_CASE("a text that is not an address of a NIC is refused") {
  for (const std::string text : {"",
                                 "/",
                                 "10.0.0.5",
                                 "10.0.0.5/",
                                 "10.0.0.5/0",
                                 "10.0.0.5/33",
                                 "10.0.0.5/abc",
                                 "10.0.0.5/24x",
                                 "10.0.0.5/-1",
                                 "10.0.0.5/24/24",
                                 "10.0.0/24",
                                 "10.0.0.256/24",
                                 "0.0.0.0/8",
                                 "127.0.0.1/8",
                                 "169.254.1.1/16",
                                 "224.0.0.1/4",
                                 "255.255.255.255/32",
                                 "fd00::5/129",
                                 "fd00::5/0",
                                 "::/64",
                                 "::1/128",
                                 "::ffff:10.0.0.5/96",
                                 "fe80::1/64",
                                 "ff02::1/64",
                                 "10.0.0.5\n[Route]/24"}) {
    CAPTURE(text);
    const auto address = parse_listed_address(text);
    REQUIRE_FALSE(address);
    CHECK(address.error().reason() == Reason::kInvalidInput);
  }
  CHECK_FALSE(parse_listed_address(std::string("10.0.0.5\0/24", 12)));
}

}  // namespace
}  // namespace azl::net
