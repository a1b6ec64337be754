#include "provision/accounts/account.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::provision {

TEST_CASE("malformed lines of passwd are skipped") {
  struct Row {
    std::string text;
    std::vector<std::string> names;
  };
  const std::vector<Row> rows = {
      {"", {}},
      {"bob:x:1000:1000::/home/bob:/bin/bash\n", {"bob"}},
      {"bob:x:1000:1000::/home/bob:/bin/bash", {"bob"}},
      {"bob::1000:1000:::\n", {"bob"}},
      {"bob:x:1000:1000::/home/bob\n", {}},              // six fields
      {"bob:x:1000:1000::/home/bob:/bin/bash:x\n", {}},  // eight
      {":x:1000:1000::/home/bob:/bin/bash\n", {}},
      {"bob:x::1000::/home/bob:/bin/bash\n", {}},
      {"bob:x:-1:1000::/home/bob:/bin/bash\n", {}},
      {"bob:x:4294967295:1000::/home/bob:/bin/bash\n", {}},  // (uid_t)-1
      {"bob:x:4294967296:1000::/home/bob:/bin/bash\n", {}},
      {"bob:x:1000 :1000::/home/bob:/bin/bash\n", {}},
      {"+::::::\n+bob::::::\nbob:x:1:2:::\n", {"bob"}},  // NIS
      {"a:x:1:1:::\n\n#b:x:1:1:::\nc:x:3:3:::\n", {"a", "#b", "c"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    std::vector<std::string> names;
    for (const Account& account : parse_passwd(row.text)) names.push_back(account.name);
    CHECK(names == row.names);
  }
}

TEST_CASE("an account has the fields of its passwd line") {
  const auto accounts = parse_passwd("bob:x:1000:1001:Bob,,,:/home/bob:/bin/zsh\n");
  REQUIRE(accounts.size() == 1);
  CHECK(accounts[0].name == "bob");
  CHECK(accounts[0].uid == 1000);
  CHECK(accounts[0].gid == 1001);
  CHECK(accounts[0].home == "/home/bob");
  CHECK(accounts[0].shell == "/bin/zsh");
}

TEST_CASE("a group has its members, and malformed lines of group are skipped") {
  const auto groups = parse_groups("wheel:x:10:bob,ann\nadm:x:4:\nbad:x:4\nworse:x:x:\n+:::\n");
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "wheel");
  CHECK(groups[0].gid == 10);
  CHECK(groups[0].members == std::vector<std::string>{"bob", "ann"});
  CHECK(groups[1].members.empty());
}

TEST_CASE("a tree's accounts are read with the uid range of its login.defs") {
  struct Row {
    std::string login_defs;
    uid_t min;
    uid_t max;
  };
  const std::vector<Row> rows = {
      {"", 1000, 60000},
      {"UID_MIN 500\nUID_MAX\t\t 600\n", 500, 600},
      {"#UID_MIN 500\n  UID_MIN   501 \n", 501, 60000},
      {"UID_MIN 500\nUID_MIN 700\n", 700, 60000},
      {"UID_MIN x\nUID_MAX -1\nUID_MIN\n", 1000, 60000},
      {"UID_MIN 5000\nUID_MAX 100\n", 1000, 60000},
      {"SYS_UID_MIN 100\nUID_MINI 7\n", 1000, 60000},
  };
  for (const Row& row : rows) {
    CAPTURE(row.login_defs);
    test::TemporaryTree tree;
    tree.write("etc/passwd", "bob:x:1000:1000::/home/bob:/bin/bash\n");
    tree.write("etc/group", "wheel:x:10:\n").write("etc/login.defs", row.login_defs);
    const auto root = Root::open(tree.path());
    REQUIRE(root.has_value());
    const auto facts = read_accounts(*root);
    REQUIRE(facts.has_value());
    CHECK(facts->uid_min == row.min);
    CHECK(facts->uid_max == row.max);
    CHECK(facts->has_group("wheel"));
    CHECK_FALSE(facts->has_group("adm"));
    CHECK(facts->find("bob") != nullptr);
    CHECK(facts->find("ann") == nullptr);
  }
}

TEST_CASE("/etc/passwd is required; /etc/group and /etc/login.defs are not") {
  test::TemporaryTree tree;
  const auto root = Root::open(tree.path());
  REQUIRE(root.has_value());
  const auto missing = read_accounts(*root);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().to_string().find("/etc/passwd") != std::string::npos);
  tree.write("etc/passwd", "");
  CHECK(read_accounts(*root).has_value());
}

TEST_CASE("accounts and groups outside /etc are read if nsswitch.conf names their source") {
  test::TemporaryTree tree;
  tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/bash\n");
  tree.write("etc/group", "root:x:0:\n").write("etc/subuid", "bob:100000:65536\nbad\n:1:2\n");
  tree.write("etc/subgid", "1000:200000:65536\n");
  tree.write("usr/lib/passwd", "root:x:0:0::/root:/bin/sh\nsvc:x:990:990::/:/sbin/nologin\n");
  tree.write("usr/lib/group", "wheel:x:10:bob\nroot:x:0:\n");
  tree.write("usr/lib/userdb/cid.user", R"({"userName": "cid", "uid": 1003})");
  tree.write("usr/lib/userdb/cid.group", R"({"groupName": "cid", "gid": 1003})");
  const auto root = Root::open(tree.path());
  REQUIRE(root.has_value());
  const auto plain = read_accounts(*root).value();
  CHECK(plain.find_uid(990) == nullptr);
  CHECK_FALSE(plain.has_group("wheel"));
  REQUIRE(plain.subuids.size() == 1);
  CHECK(plain.subuids[0].has(165535));
  CHECK_FALSE(plain.subuids[0].has(165536));
  CHECK_FALSE(plain.subuids[0].has(99999));
  CHECK(plain.subgids.at(0).user == "1000");

  tree.write("etc/nsswitch.conf",
             "passwd: files altfiles systemd\ngroup: files altfiles systemd\n");
  const auto all = read_accounts(*root).value();
  CHECK(all.find("root")->outside.empty());
  CHECK(all.find("svc") == nullptr);  // /etc/passwd only
  REQUIRE(all.find_uid(990) != nullptr);
  CHECK(all.find_uid(990)->file() == "/usr/lib/passwd");
  CHECK(all.find_uid(0)->file() == "/etc/passwd");
  CHECK(all.find_uid(1003)->file() == "/usr/lib/userdb/cid.user");
  REQUIRE(all.find_group("wheel") != nullptr);
  CHECK(all.find_group("wheel")->outside == "/usr/lib/group");
  CHECK(all.find_group("root")->outside.empty());
  CHECK(all.find_group("cid")->outside == "/usr/lib/userdb/cid.group");
  CHECK(groups_of(*root, *all.find("bob")).value() == std::vector<std::string>{"wheel"});
}

TEST_CASE("an account outside /etc/passwd cannot become the admin") {
  AccountFacts facts;
  const auto account = [](const char* name, uid_t uid, const char* outside) {
    return Account{
        .name = name, .uid = uid, .gid = uid, .home = "/", .shell = "", .outside = outside};
  };
  facts.accounts = {account("both", 1000, ""), account("both", 1000, "/usr/lib/passwd"),
                    account("alt", 1001, "/usr/lib/passwd"),
                    account("svc", 990, "/usr/lib/passwd")};
  CHECK(check_admin(facts, "both").has_value());
  const auto alt = check_admin(facts, "alt");
  REQUIRE_FALSE(alt.has_value());
  CHECK(alt.error().reason() == Reason::kUser);
  CHECK(alt.error().to_string() ==
        "the account 'alt' is in /usr/lib/passwd and not in /etc/passwd, so useradd and usermod "
        "cannot change it");
  const auto service = check_admin(facts, "svc");
  REQUIRE_FALSE(service.has_value());
  CHECK(service.error().reason() == Reason::kUserName);
  CHECK(service.error().to_string().find("uid 990 in /usr/lib/passwd") != std::string::npos);
}

TEST_CASE("a uid is chosen only if another source has ids of persons") {
  struct Row {
    std::string what;
    std::vector<Account> accounts;
    std::vector<Group> groups;
    std::optional<uid_t> uid;
  };
  const auto account = [](uid_t uid, const char* outside) {
    return Account{.name = "x", .uid = uid, .gid = 1, .home = "", .shell = "", .outside = outside};
  };
  const auto group = [](gid_t gid, const char* outside) {
    return Group{.name = "x", .gid = gid, .members = {}, .outside = outside};
  };
  const char* alt = "/usr/lib/passwd";
  const std::vector<Row> rows = {
      {"nothing", {}, {}, std::nullopt},
      {"only /etc/passwd", {account(1000, "")}, {group(1000, "")}, std::nullopt},
      {"system accounts outside", {account(990, alt), account(65534, alt)}, {}, std::nullopt},
      {"one account", {account(1000, alt)}, {}, 1001},
      {"one group", {}, {group(1005, alt)}, 1006},
      {"a higher one in /etc/passwd", {account(1000, alt), account(1010, "")}, {}, 1011},
      {"the highest uid", {account(60000, alt), account(1000, "")}, {group(1001, "")}, 1002},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    AccountFacts facts;
    facts.accounts = row.accounts;
    facts.groups = row.groups;
    CHECK(choose_uid(facts) == row.uid);
  }
  AccountFacts full;
  full.uid_max = full.uid_min = 1000;
  full.accounts = {account(1000, alt)};
  CHECK(choose_uid(full) == std::nullopt);
}

TEST_CASE("user names are limited to what the tools and sudo accept") {
  struct Row {
    std::string name;
    const char* wrong;  ///< empty: nothing
  };
  const std::vector<Row> rows = {
      {"bob", ""},
      {"_bob", ""},
      {"Bob.Smith-2_x", ""},
      {"a", ""},
      {std::string(32, 'a'), ""},
      {std::string(33, 'a'), "longer than 32 bytes"},
      {"", "is empty"},
      {"root", "superuser"},
      {"1bob", "does not begin"},
      {"-bob", "does not begin"},
      {".bob", "does not begin"},
      {"..", "does not begin"},
      {"bob/../x", "characters other than"},
      {"../x", "does not begin"},
      {"bob x", "characters other than"},
      {"bob:0", "characters other than"},
      {"bob\nroot", "characters other than"},
      {std::string("bob\0x", 5), "characters other than"},
      {"b\xc3\xb6"
       "b",
       "characters other than"},
      {"bob$", "characters other than"},
      {"bob,ann", "characters other than"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto checked = check_user_name(row.name);
    CHECK(checked.has_value() == std::string(row.wrong).empty());
    if (checked) continue;
    CHECK(checked.error().reason() == Reason::kUserName);
    CHECK(checked.error().to_string().find(row.wrong) != std::string::npos);
    CHECK(checked.error().to_string().find('\n') == std::string::npos);
  }
}

TEST_CASE("a system account cannot become the admin") {
  AccountFacts facts;
  facts.accounts = parse_passwd(
      "root:x:0:0:::\ntoor:x:0:0:::\ndaemon:x:1:1:::\nbob:x:1000:1000:::\nlast:x:60000:1:::\n"
      "nobody:x:65534:65534:::\ntwice:x:1001:1:::\ntwice:x:0:0:::\n");
  for (const char* name : {"bob", "last", "somebody"}) CHECK(check_admin(facts, name).has_value());
  for (const char* name : {"root", "toor", "daemon", "nobody", "twice", "a/b"}) {
    CAPTURE(name);
    const auto checked = check_admin(facts, name);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().reason() == Reason::kUserName);
  }
  facts.uid_min = 0;  // a tree's login.defs may say this
  CHECK_FALSE(check_admin(facts, "toor").has_value());
}

}  // namespace azl::provision
