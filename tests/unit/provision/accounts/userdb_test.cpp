#include "provision/accounts/userdb.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::provision {

TEST_CASE("a user record gives an account, with userdb's defaults") {
  const auto full = parse_user_record(
      R"({"userName": "ann", "uid": 1001, "gid": 100, "homeDirectory": "/srv/ann",
          "shell": "/bin/zsh", "disposition": "regular", "realName": "Ann"})",
      "ann");
  REQUIRE(full.has_value());
  CHECK(full->name == "ann");
  CHECK(full->uid == 1001);
  CHECK(full->gid == 100);
  CHECK(full->home == "/srv/ann");
  CHECK(full->shell == "/bin/zsh");
  const auto bare = parse_user_record(R"({"userName": "ann", "uid": 1001})", "ann");
  REQUIRE(bare.has_value());
  CHECK(bare->gid == 1001);
  CHECK(bare->home == "/home/ann");
  CHECK(bare->shell.empty());
}

TEST_CASE("a malformed user record is refused") {
  const std::vector<std::string> rows = {
      "",
      "[]",
      "{",
      R"({"uid": 1001})",
      R"({"userName": "bob", "uid": 1001})",
      R"({"userName": "ann"})",
      R"({"userName": "ann", "uid": "1001"})",
      R"({"userName": "ann", "uid": -1})",
      R"({"userName": "ann", "uid": 4294967295})",
      R"({"userName": "ann", "uid": 1e3})",
      R"({"userName": "ann", "uid": 1001, "homeDirectory": "/home/ann:0"})",
      R"({"userName": "ann", "uid": 1001, "shell": "/bin/sh\nroot::0:0:::"})",
  };
  for (const std::string& text : rows) {
    CAPTURE(text);
    const auto account = parse_user_record(text, "ann");
    REQUIRE_FALSE(account.has_value());
    CHECK(account.error().reason() == Reason::kInvalidInput);
  }
  CHECK_FALSE(parse_user_record(R"({"userName": "1001", "uid": 1001})", "1001").has_value());
  CHECK_FALSE(parse_user_record(R"({"userName": "a:b", "uid": 1001})", "a:b").has_value());
}

TEST_CASE("a group record gives a group without members that group(5) cannot hold") {
  const auto group = parse_group_record(
      R"({"groupName": "wheel", "gid": 10, "members": ["ann", "b,c", "d:e", "x\ny", "12", 7]})",
      "wheel");
  REQUIRE(group.has_value());
  CHECK(group->gid == 10);
  CHECK(group->members == std::vector<std::string>{"ann"});
  CHECK_FALSE(parse_group_record(R"({"groupName": "wheel"})", "wheel").has_value());
  CHECK_FALSE(parse_group_record(R"({"groupName": "adm", "gid": 4})", "wheel").has_value());
}

TEST_CASE("the record files of all directories are read, the first of a name wins") {
  test::TemporaryTree tree;
  tree.write("etc/userdb/ann.user", R"({"userName": "ann", "uid": 1001})")
      .symlink("ann.user", "etc/userdb/1001.user")
      .write("etc/userdb/ann.user-privileged", "{}")
      .write("run/userdb/ben.user", R"({"userName": "ben", "uid": 1002})")
      .write("run/host/userdb/cid.user", R"({"userName": "cid", "uid": 1003})")
      .write("usr/lib/userdb/ann.user", R"({"userName": "ann", "uid": 2001})")
      .write("usr/lib/userdb/bad.user", "{")
      .write("usr/lib/userdb/wheel.group", R"({"groupName": "wheel", "gid": 10})")
      .write("usr/lib/userdb/ann:wheel.membership", "")
      .write("usr/lib/userdb/ann:missing.membership", "")
      .symlink("missing", "usr/lib/userdb/gone.user")
      .mkdir("usr/lib/userdb/dir.user");
  const auto root = Root::open(tree.path());
  REQUIRE(root.has_value());
  const auto userdb = read_userdb(*root);
  REQUIRE(userdb.has_value());
  REQUIRE(userdb->accounts.size() == 3);
  CHECK(userdb->accounts[0].uid == 1001);
  CHECK(userdb->accounts[0].outside == "/etc/userdb/ann.user");
  CHECK(userdb->accounts[1].outside == "/run/userdb/ben.user");
  CHECK(userdb->accounts[2].outside == "/run/host/userdb/cid.user");
  REQUIRE(userdb->groups.size() == 1);
  CHECK(userdb->groups[0].members == std::vector<std::string>{"ann"});
  CHECK(userdb->groups[0].outside == "/usr/lib/userdb/wheel.group");
}

TEST_CASE("a directory with too many records is an error") {
  test::TemporaryTree tree;
  for (std::size_t i = 0; i <= kMostUserRecords; ++i)
    tree.write("usr/lib/userdb/u" + std::to_string(i) + ".user", "");
  const auto root = Root::open(tree.path());
  REQUIRE(root.has_value());
  const auto userdb = read_userdb(*root);
  REQUIRE_FALSE(userdb.has_value());
  CHECK(userdb.error().reason() == Reason::kInvalidInput);
}

}  // namespace azl::provision
