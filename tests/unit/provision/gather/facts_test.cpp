#include "provision/gather/facts.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "provision/gather/tree.h"
#include "tests/unit/provision/gather/tree_files.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("a disk is lived in if somebody can log in before provisioning") {
  struct Row {
    std::string what;
    Make make;
    bool lived_in;
  };
  const std::string passwd = "etc/passwd";
  const std::vector<Row> rows = {
      {"a fresh image", file(passwd, "root:x:0:0::/root:/bin/bash\nd:x:999:999::/:/bin/sh\n"),
       false},
      {"the account nobody", file(passwd, "nobody:x:65534:65534::/:/sbin/nologin\n"), false},
      {"an account of a person", file(passwd, "ann:x:1000:1000::/home/ann:/bin/bash\n"), true},
      {"root with keys",
       [&](TemporaryTree& tree) {
         tree.write(passwd, "").write("root/.ssh/authorized_keys", "ssh-ed25519 AAAA\n");
       },
       true},
      {"root with an empty authorized_keys",
       [&](TemporaryTree& tree) { tree.write(passwd, "").write("root/.ssh/authorized_keys", ""); },
       false},
      {"root with a password",
       [&](TemporaryTree& tree) {
         tree.write(passwd, "").write("etc/shadow", "root:$6$saltsalt$hash:1::::::\n");
       },
       true},
      {"root with a locked password",
       [&](TemporaryTree& tree) {
         tree.write(passwd, "").write("etc/shadow", "root:!$6$saltsalt$hash:1::::::\n");
       },
       false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TemporaryTree tree;
    row.make(tree);
    Facts facts;
    REQUIRE(gather_tree(root_of(tree), {}, facts));
    CHECK(is_lived_in(facts) == row.lived_in);
  }
}
