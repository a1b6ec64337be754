#include "provision/accounts/home_owner.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision {

namespace {

/// Accounts of each source, and subordinate ids.
AccountFacts facts_of_a_machine() {
  AccountFacts facts;
  facts.accounts = {
      {.name = "root", .uid = 0, .gid = 0, .home = "/root", .shell = "/bin/bash"},
      {.name = "ann", .uid = 1001, .gid = 1001, .home = "/home/ann", .shell = ""},
      {.name = "bob", .uid = 1000, .gid = 1000, .home = "/home/bob", .shell = ""},
      {.name = "svc",
       .uid = 997,
       .gid = 997,
       .home = "/",
       .shell = "",
       .outside = "/usr/lib/passwd"},
      {.name = "cid",
       .uid = 1003,
       .gid = 1003,
       .home = "/home/cid",
       .shell = "",
       .outside = "/usr/lib/userdb/cid.user"},
  };
  facts.subuids = {{"ann", 100000, 65536}, {"1003", 5000, 10}};
  facts.subgids = {{"ann", 100000, 65536}};
  return facts;
}

HomeFacts home_of(uid_t uid, gid_t gid) {
  return {.exists = true, .directory = true, .uid = uid, .gid = gid};
}

HomeFacts with_ssh(HomeFacts home, uid_t uid) {
  home.ssh_uid = uid;
  return home;
}

HomeFacts as_link(HomeFacts home) {
  home.link = true;
  return home;
}

HomeFacts as_empty(HomeFacts home) {
  home.empty = true;
  return home;
}

}  // namespace

TEST_CASE("a home is kept, given, taken over or refused by its owner") {
  struct Row {
    std::string what;
    HomeFacts home;
    bool is_new;
    HomeAction action;
    std::string why;
  };
  using enum HomeAction;
  const std::vector<Row> rows = {
      {"missing", {}, true, kMake, "did not exist"},
      {"the user's", home_of(1000, 1000), false, kKeep, "belongs to the user"},
      {"a link to the user's", as_link(home_of(1000, 1000)), false, kKeep, "belongs to the user"},
      {"the user's, of another group", home_of(1000, 50), false, kKeep, "belongs to the user"},
      {"of the uid that the new account got", home_of(1000, 1000), true, kTakeOver,
       "belonged to an earlier account with uid 1000"},
      {"the same, empty", as_empty(home_of(1000, 1000)), true, kKeep, "belongs to the user"},
      {"of a uid that no account has", home_of(1002, 1002), true, kTakeOver,
       "belonged to uid 1002, which no account has"},
      {"the same, for an account that exists", home_of(1002, 1002), false, kTakeOver,
       "belonged to uid 1002, which no account has"},
      {"the highest uid", home_of(60000, 60000), true, kTakeOver,
       "belonged to uid 60000, which no account has"},
      {"before a range of subuid", home_of(4999, 4999), true, kTakeOver,
       "belonged to uid 4999, which no account has"},
      {"after a range of subuid", home_of(5010, 5010), true, kTakeOver,
       "belonged to uid 5010, which no account has"},
      {"root's", home_of(0, 0), true, kGive, "belonged to root"},
      {"root's, with a .ssh of root's", with_ssh(home_of(0, 0), 0), true, kTakeOver,
       "belonged to root"},
      {"root's, whose .ssh an interrupted takeover gave to the user", with_ssh(home_of(0, 0), 1000),
       false, kTakeOver, "belonged to root"},
      {"root's, with a .ssh of somebody else's", with_ssh(home_of(0, 0), 1001), true, kGive,
       "belonged to root"},
  };
  const auto facts = facts_of_a_machine();
  const Account bob = *facts.find("bob");
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto choice = decide_home(row.home, bob, facts, row.is_new);
    REQUIRE_MESSAGE(choice.has_value(), choice.error().to_string());
    CHECK(choice->action == row.action);
    CHECK(choice->why == row.why);
  }
}

TEST_CASE("a home that may have a live owner is refused, and the owner is named") {
  struct Row {
    std::string what;
    HomeFacts home;
    std::string path;
    std::string why;
  };
  HomeFacts file = home_of(1002, 1002);
  file.directory = false;
  const std::vector<Row> rows = {
      {"an account of /etc/passwd", home_of(1001, 1001), "/home/bob",
       "belongs to uid 1001 (account 'ann' in /etc/passwd)"},
      {"an account of /usr/lib/passwd", home_of(997, 997), "/home/bob",
       "belongs to uid 997 (account 'svc' in /usr/lib/passwd)"},
      {"an account of the userdb", home_of(1003, 1003), "/home/bob",
       "belongs to uid 1003 (account 'cid' in /usr/lib/userdb/cid.user)"},
      {"the first of a subuid range", home_of(100000, 100000), "/home/bob",
       "belongs to uid 100000, which /etc/subuid gives to 'ann'"},
      {"the last of a subuid range", home_of(165535, 165535), "/home/bob",
       "belongs to uid 165535, which /etc/subuid gives to 'ann'"},
      {"a subuid range of a uid", home_of(5009, 5009), "/home/bob",
       "belongs to uid 5009, which /etc/subuid gives to '1003'"},
      {"a subgid range", home_of(1002, 100007), "/home/bob",
       "belongs to uid 1002 and gid 100007, which /etc/subgid gives to 'ann'"},
      {"a service that is gone", home_of(998, 998), "/home/bob",
       "belongs to uid 998, which is outside UID_MIN 1000 to UID_MAX 60000 and may be that of a "
       "service or of a domain account"},
      {"a domain account", home_of(1668601105, 1668600513), "/home/bob",
       "belongs to uid 1668601105, which is outside UID_MIN 1000 to UID_MAX 60000 and may be that "
       "of a service or of a domain account"},
      {"no directory", file, "/home/bob", "is not a directory"},
      {"a link to a home of nobody's", as_link(home_of(1002, 1002)), "/home/bob",
       "is a symbolic link to a directory of another owner"},
      {"a link to root's", as_link(home_of(0, 0)), "/home/bob",
       "is a symbolic link to a directory of another owner"},
      {"at the top", home_of(1002, 1002), "/bob", "belongs to uid 1002"},
      {"root's own", home_of(0, 0), "/root", "belongs to uid 0 (account 'root' in /etc/passwd)"},
      {"up", home_of(0, 0), "/home/../bob", "belongs to uid 0 (account 'root' in /etc/passwd)"},
      {"missing at the top", {}, "/bob", "does not exist"},
      {"another's name", {}, "/home/ann", "does not exist"},
  };
  const auto facts = facts_of_a_machine();
  Account bob = *facts.find("bob");
  for (const Row& row : rows) {
    CAPTURE(row.what);
    bob.home = row.path;
    const auto choice = decide_home(row.home, bob, facts, true);
    REQUIRE_FALSE(choice.has_value());
    CHECK(choice.error().reason() == Reason::kUser);
    CHECK(choice.error().to_string() == "the home '" + row.path + "' " + row.why);
  }
}

TEST_CASE("a link to a home of the uid that the new account got is followed") {
  const auto facts = facts_of_a_machine();
  const auto choice = decide_home(as_link(home_of(1000, 1000)), *facts.find("bob"), facts, true);
  REQUIRE(choice.has_value());
  CHECK(choice->action == HomeAction::kTakeOver);
}

}  // namespace azl::provision
