#include "provision/accounts/local_groups.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;
using test::patience;
using Names = std::vector<std::string>;

namespace {

const std::vector<Group> kGroups = {{.name = "wheel", .gid = 10, .members = {"ann", "ben"}},
                                    {.name = "adm", .gid = 4}};

}  // namespace

TEST_CASE("group lines are added at the end, but before NIS entries") {
  struct Row {
    std::string text;
    std::string result;
  };
  const std::string lines = "wheel:x:10:ann,ben\nadm:x:4:\n";
  const std::vector<Row> rows = {
      {"", lines},
      {"root:x:0:\n", "root:x:0:\n" + lines},
      {"root:x:0:", "root:x:0:\n" + lines},
      {"root:x:0:\n+:::\n", "root:x:0:\n" + lines + "+:::\n"},
      {"+:::\n", lines + "+:::\n"},
      {"root:x:0:\n+wheel:::\n-bin:::\n", "root:x:0:\n" + lines + "+wheel:::\n-bin:::\n"},
      {"root:x:0:a+b\n", "root:x:0:a+b\n" + lines},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(add_groups(row.text, kGroups) == row.result);
  }
  CHECK(add_group_shadows("root:::\nadm:*::\n", kGroups) == "root:::\nadm:*::\nwheel:!::ann,ben\n");
}

TEST_CASE("only groups that stand outside /etc/group are copied, with gid and members") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("etc/group", "root:x:0:\nadm:x:4:\n").write("etc/gshadow", "root:::\nadm:::\n");
  tree.chmod_to("etc/gshadow", 0640).chown_to("etc/gshadow", 0, 42);
  tree.write("etc/nsswitch.conf", "group: files altfiles systemd\n");
  tree.write("usr/lib/group", "wheel:x:10:ann\nadm:x:4:\nother:x:77:\n");
  tree.write("usr/lib/userdb/render.group", R"({"groupName": "render", "gid": 105})");
  const Root root = tree.root();
  const auto facts = read_accounts(root).value();
  const auto copied =
      copy_groups(root, facts, Names{"adm", "wheel", "wheel", "render", "nosuch"}, patience());
  REQUIRE_MESSAGE(copied.has_value(), copied.error().to_string());
  REQUIRE(copied->size() == 2);
  CHECK((*copied)[0].name == "wheel");
  CHECK((*copied)[0].outside == "/usr/lib/group");
  CHECK((*copied)[1].outside == "/usr/lib/userdb/render.group");
  CHECK(tree.read("etc/group") == "root:x:0:\nadm:x:4:\nwheel:x:10:ann\nrender:x:105:\n");
  CHECK(tree.read("etc/gshadow") == "root:::\nadm:::\nwheel:!::ann\nrender:!::\n");
  CHECK(tree.mode("etc/gshadow") == 0640);
  CHECK(tree.status("etc/gshadow").st_gid == 42);
  CHECK(tree.read("usr/lib/group") == "wheel:x:10:ann\nadm:x:4:\nother:x:77:\n");

  // Again, with facts of before.
  CHECK(copy_groups(root, facts, Names{"wheel"}, patience()).value().empty());
  CHECK(tree.read("etc/group") == "root:x:0:\nadm:x:4:\nwheel:x:10:ann\nrender:x:105:\n");
}

TEST_CASE("an interrupted copy is completed: gshadow has the group already") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("etc/group", "root:x:0:\n").write("etc/gshadow", "root:::\nwheel:!::\n");
  tree.write("etc/nsswitch.conf", "group: files altfiles\n")
      .write("usr/lib/group", "wheel:x:10:\n");
  const Root root = tree.root();
  REQUIRE(copy_groups(root, read_accounts(root).value(), Names{"wheel"}, patience()).has_value());
  CHECK(tree.read("etc/group") == "root:x:0:\nwheel:x:10:\n");
  CHECK(tree.read("etc/gshadow") == "root:::\nwheel:!::\n");
}

TEST_CASE("without a group to copy, nothing is locked and nothing changes") {
  AccountTree tree;
  const Root root = tree.root();
  const auto before = test::snapshot(tree.path());
  CHECK(copy_groups(root, read_accounts(root).value(), Names{"wheel", "nosuch"}, patience())
            .value()
            .empty());
  CHECK(test::snapshot(tree.path()) == before);
}

}  // namespace azl::provision
