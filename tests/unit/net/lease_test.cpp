#include "net/lease.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

TEST_CASE("a lease in networkd's format gives the address, the server and the WireServer") {
  const Lease lease = parse_lease(
      "# This is private data. Do not parse.\n"
      "ADDRESS=10.0.0.4\n"
      "NETMASK=255.255.255.0\n"
      "ROUTER=10.0.0.1\n"
      "SERVER_ADDRESS=168.63.129.16\n"
      "T1=4294967295\n"
      "OPTION_245=a83f8110\n");
  CHECK(lease.address == "10.0.0.4");
  CHECK(lease.server == "168.63.129.16");
  CHECK(lease.wireserver == "168.63.129.16");
}

TEST_CASE("option 245 is used only if it has the four bytes of a host's address") {
  struct Row {
    const char* text;
    std::optional<std::string> expected;
  };
  const Row rows[] = {
      {"a83f8110", "168.63.129.16"},
      {"A83F8110", "168.63.129.16"},
      {"0a000001", "10.0.0.1"},
      {"  a83f8110\r", "168.63.129.16"},
      {"01000000", "1.0.0.0"},
      {"dfffffff", "223.255.255.255"},
      {"", std::nullopt},
      {"a83f81", std::nullopt},
      {"a83f811", std::nullopt},
      {"a83f811000", std::nullopt},
      {"a8:3f:81:10", std::nullopt},
      {"168.63.129.16", std::nullopt},
      {"0xa83f81", std::nullopt},
      {"+a83f811", std::nullopt},
      {"-a83f811", std::nullopt},
      {"a83f811g", std::nullopt},
      {"a83f 110", std::nullopt},
      {"00000000", std::nullopt},
      {"00ffffff", std::nullopt},
      {"7f000001", std::nullopt},
      {"e0000001", std::nullopt},
      {"f0000001", std::nullopt},
      {"ffffffff", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_lease(std::string("OPTION_245=") + row.text + "\n").wireserver == row.expected);
  }
}

TEST_CASE("an invalid address is ignored") {
  for (const char* text :
       {"", "10.0.0", "10.0.0.4.5", "10.0.0.256", "fe80::1", "10.0.0.4/24", "web-1", "010.0.0.4"}) {
    CAPTURE(text);
    CHECK(parse_lease(std::string("ADDRESS=") + text).address.empty());
    CHECK(parse_lease(std::string("SERVER_ADDRESS=") + text).server.empty());
  }
  CHECK(parse_lease(std::string("ADDRESS=10.0.0.4\0.evil\n", 23)).address.empty());
}

TEST_CASE("the last line of a key is used, even if its value is invalid") {
  CHECK(parse_lease("ADDRESS=10.0.0.4\nADDRESS=10.0.0.5\n").address == "10.0.0.5");
  CHECK_FALSE(parse_lease("OPTION_245=a83f8110\nOPTION_245=\n").wireserver);
}

TEST_CASE("any bytes can be parsed") {
  std::string hostile;
  for (int i = 0; i < 4096; ++i) hostile += static_cast<char>(i * 37 % 256);
  for (const std::string& text :
       {std::string(), std::string("="), std::string("\n\n\n"), std::string("OPTION_245"),
        std::string("=OPTION_245=a83f8110"), std::string(1 << 16, 'A'), hostile}) {
    const Lease lease = parse_lease(text);
    CHECK(lease.address.empty());
    CHECK(lease.server.empty());
    CHECK_FALSE(lease.wireserver);
  }
}

TEST_CASE("a lease is read by the link's index") {
  test::TemporaryTree tree;
  tree.write("run/systemd/netif/leases/2", "ADDRESS=10.0.0.4\n");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  REQUIRE(read_lease(*root, 2));
  CHECK(read_lease(*root, 2)->address == "10.0.0.4");
  CHECK_FALSE(read_lease(*root, 3));
}

TEST_CASE("a lease file that is too long is ignored") {
  test::TemporaryTree tree;
  tree.write("run/systemd/netif/leases/2", std::string(1 << 20, 'A') + "\nADDRESS=10.0.0.4\n");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  CHECK_FALSE(read_lease(*root, 2));
}

}  // namespace
}  // namespace azl::net
