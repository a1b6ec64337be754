#include "provision/accounts/host_key_files.h"

#include <doctest/doctest.h>

#include "provision/accounts/ssh_key.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

TEST_CASE("a host key counts only if both of its files are valid") {
  test::TemporaryTree tree;
  const test::KeyPair pair = test::make_key_pair("ed25519");
  tree.write("etc/ssh/ssh_host_ed25519_key", pair.secret);
  tree.write("etc/ssh/ssh_host_ed25519_key.pub", pair.line);
  tree.write("etc/ssh/ssh_host_rsa_key.pub", pair.line);
  tree.write("etc/ssh/ssh_host_ecdsa_key", "x").write("etc/ssh/ssh_host_ecdsa_key.pub", "junk");
  tree.write("etc/ssh/ssh_host_empty_key", "").write("etc/ssh/ssh_host_empty_key.pub", pair.line);
  tree.write("etc/ssh/ssh_host__key.pub", pair.line).write("etc/ssh/moduli", "x");
  const auto keys = read_host_keys(Root::open(tree.path()).value());
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].type == "ed25519");
  CHECK(keys[0].fingerprint == parse_ssh_key(pair.line).value().fingerprint);
  CHECK(read_host_keys(Root::open(tree.path("etc")).value()).empty());
}

}  // namespace azl::provision
