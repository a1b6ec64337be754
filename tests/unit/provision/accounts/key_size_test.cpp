#include "provision/accounts/key_size.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

TEST_CASE("the size of an RSA key is that of its modulus, as ssh-keygen says it") {
  for (const std::string bits : {"1024", "2048", "3072"}) {
    CAPTURE(bits);
    const auto key = parse_ssh_key(test::make_key_pair("rsa", bits).line);
    REQUIRE(key.has_value());
    CHECK(std::to_string(rsa_bits(*key)) == bits);
  }
}

TEST_CASE("keys of other types and damaged keys have no RSA size") {
  CHECK(rsa_bits(parse_ssh_key(test::make_key_pair("ed25519").line).value()) == 0);
  CHECK(rsa_bits(parse_ssh_key(test::make_key_pair("ecdsa").line).value()) == 0);
  for (const std::string base64 :
       {"", "!", "AAAA", "AAAAB3NzaC1yc2E=", "AAAAB3NzaC1yc2EAAAABAwAAAAEA"}) {
    CAPTURE(base64);
    CHECK(rsa_bits({.type = "ssh-rsa", .base64 = base64, .comment = "", .fingerprint = ""}) == 0);
  }
}

}  // namespace azl::provision
