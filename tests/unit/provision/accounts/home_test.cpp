#include "provision/accounts/home.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/provision/accounts/bob.h"

namespace azl::provision {

using azl::test::AccountTree;
using azl::test::patience;
using test::kBob;
using test::make_user;

TEST_CASE("a home that another user owns, or that is not a directory, is refused") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    std::string home;
    std::function<void(AccountTree&)> leave;
    const char* wrong;
  };
  const auto nothing = [](AccountTree&) {};
  const std::vector<Row> rows = {
      {"another live account's", "/home/bob",
       [](AccountTree& t) {
         t.append("etc/passwd", "ann:x:1717:1717::/home/ann:/bin/bash\n");
         t.mkdir("home/bob"), t.chown_to("home/bob", 1717, 1717);
       },
       "belongs to uid 1717 (account 'ann' in /etc/passwd)"},
      {"a live account's outside /etc/passwd", "/home/bob",
       [](AccountTree& t) {
         t.write("etc/nsswitch.conf", "passwd: files altfiles\n");
         t.write("usr/lib/passwd", "ann:x:1717:1717::/home/ann:/bin/bash\n");
         t.mkdir("home/bob"), t.chown_to("home/bob", 1717, 1717);
       },
       "belongs to uid 1717 (account 'ann' in /usr/lib/passwd)"},
      {"of a uid inside a subuid range", "/home/bob",
       [](AccountTree& t) {
         t.write("etc/subuid", "ann:1700:100\n");
         t.mkdir("home/bob"), t.chown_to("home/bob", 1717, 1717);
       },
       "belongs to uid 1717, which /etc/subuid gives to 'ann'"},
      {"a file", "/home/bob", [](AccountTree& t) { t.write("home/bob", ""); },
       "is not a directory"},
      {"root's own", "/root", nothing, "belongs to uid 0"},
      {"the root directory", "/", nothing, "belongs to uid 0"},
      {"/etc", "/etc", nothing, "belongs to uid 0"},
      {"at the top", "/bob", [](AccountTree& t) { t.mkdir("bob"); }, "belongs to uid 0"},
      {"up", "/home/../bob", [](AccountTree& t) { t.mkdir("bob"); }, "belongs to uid 0"},
      {"not there", "/nonexistent", nothing, "does not exist"},
      {"empty", "", nothing, "belongs to uid 0"},
      {"relative", "home/bob", nothing, "does not exist"},
      {"a link to root's", "/home/bob", [](AccountTree& t) { t.symlink("/etc", "home/bob"); },
       "home"},
      {"a link to nowhere", "/home/bob", [](AccountTree& t) { t.symlink("/x/y", "home/bob"); },
       "home"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    AccountTree tree;
    tree.append("etc/passwd", "bob:x:1000:1000::" + std::string(row.home) + ":/bin/bash\n");
    row.leave(tree);
    SystemProcesses processes;
    const auto account = ensure_user(tree.root(), processes, kBob, patience());
    REQUIRE_FALSE(account.has_value());
    CAPTURE(account.error().to_string());
    CHECK(account.error().to_string().find(row.wrong) != std::string::npos);
    CHECK(tree.status("etc").st_uid == 0);
    CHECK(tree.status("root").st_uid == 0);
  }
}

TEST_CASE("a home of root's keeps the image's files and gets the skeleton's") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("home/bob/notes", "mine").write("home/bob/.bashrc", "# another\n");
  const Account account = make_user(tree);
  CHECK(tree.status("home/bob").st_uid == account.uid);
  CHECK(tree.status("home/bob/notes").st_uid == 0);
  CHECK(tree.read("home/bob/.bashrc") == "# another\n");
  CHECK(tree.read("home/bob/.config/app/settings") == "a=b\n");
}

TEST_CASE("a home of a uid that no account has is taken over") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("home/bob/.ssh/authorized_keys", "# theirs\n").write("home/bob/.bashrc", "theirs");
  tree.write("home/bob/notes", "mine");
  for (const char* name : {"", "/.ssh", "/.ssh/authorized_keys", "/.bashrc", "/notes"})
    tree.chown_to("home/bob" + std::string(name), 1001, 1001);
  const auto made = test::make_whole_user(tree);
  CHECK(made.account.uid == 1000);
  CHECK(made.home.changed);
  CHECK(made.home.why == "belonged to uid 1001, which no account has");
  REQUIRE(made.home.taken.has_value());
  CHECK(made.home.taken->former == 1001);
  CHECK(made.home.set_aside == std::vector<std::string>{".ssh/authorized_keys.before-azl-provision",
                                                        ".bashrc.before-azl-provision"});
  for (const char* name : {"", "/.ssh", "/notes", "/.bashrc", "/.bashrc.before-azl-provision"})
    CHECK(tree.status("home/bob" + std::string(name)).st_uid == 1000);
  CHECK_FALSE(tree.exists("home/bob/.ssh/authorized_keys"));
  CHECK(tree.read("home/bob/.bashrc") == "# bashrc\n");  // the skeleton's
  CHECK(tree.read("home/bob/.config/app/settings") == "a=b\n");

  const auto again = test::make_whole_user(tree);
  CHECK_FALSE(again.home.changed);
  CHECK(tree.read("home/bob/.bashrc") == "# bashrc\n");
}

TEST_CASE("a home of root's with a .ssh of root's is taken over") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("home/bob/.ssh/authorized_keys", "# theirs\n").write("home/bob/notes", "mine");
  const auto made = test::make_whole_user(tree);
  REQUIRE(made.home.taken.has_value());
  CHECK(made.home.set_aside ==
        std::vector<std::string>{".ssh/authorized_keys.before-azl-provision"});
  for (const char* name : {"", "/.ssh", "/notes"})
    CHECK(tree.status("home/bob" + std::string(name)).st_uid == 1000);
}

TEST_CASE("a home that a deleted account with the same uid left does not keep its keys") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("home/bob/.ssh/authorized_keys", "# theirs\n");
  for (const char* name : {"", "/.ssh", "/.ssh/authorized_keys"})
    tree.chown_to("home/bob" + std::string(name), 1000, 1000);
  const auto made = test::make_whole_user(tree);
  CHECK(made.account.uid == 1000);
  CHECK(made.home.why == "belonged to an earlier account with uid 1000");
  CHECK_FALSE(tree.exists("home/bob/.ssh/authorized_keys"));
  CHECK(tree.exists("home/bob/.ssh/authorized_keys.before-azl-provision"));
}

TEST_CASE("a home that an interrupted run made for the new account keeps its files") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  make_user(tree);
  // What is there if the power fails before the last step.
  tree.write("var/lib/azl-provision/making-user", "bob\nhome-claimed\n");
  const auto made = test::make_whole_user(tree);
  CHECK_FALSE(made.home.changed);
  CHECK_FALSE(tree.exists("home/bob/.bashrc.before-azl-provision"));
  CHECK_FALSE(tree.exists("var/lib/azl-provision/making-user"));
}

TEST_CASE("a takeover of a new account's home is completed at each point of interruption") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string mark;
    uid_t home;
    bool aside;
  };
  const std::vector<Row> rows = {
      {"bob\n", 1001, false},
      {"bob\n", 1001, true},
      {"bob\n", 1000, true},
      {"bob\nhome-claimed\n", 1000, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.mark);
    CAPTURE(row.home);
    AccountTree tree;
    tree.write("var/lib/azl-provision/making-user", row.mark);
    tree.write(row.aside ? "home/bob/.bashrc.before-azl-provision" : "home/bob/.bashrc", "theirs");
    tree.write("home/bob/notes", "mine").chown_to("home/bob/notes", row.home, row.home);
    tree.chown_to("home/bob", row.home, row.home);
    const auto made = test::make_whole_user(tree);
    CHECK(made.account.uid == 1000);
    CHECK(made.home.set_aside == std::vector<std::string>{".bashrc.before-azl-provision"});
    CHECK(tree.read("home/bob/.bashrc") == "# bashrc\n");
    CHECK(tree.read("home/bob/.bashrc.before-azl-provision") == "theirs");
    CHECK(tree.status("home/bob/notes").st_uid == 1000);
    CHECK_FALSE(tree.exists("home/bob/.bashrc.before-azl-provision.1"));
    CHECK_FALSE(tree.exists("var/lib/azl-provision/making-user"));
    // Until somebody has removed them, the report of each run names them.
    CHECK(test::make_whole_user(tree).home.set_aside.size() == 1);
  }
}

TEST_CASE("a takeover that was interrupted before the skeleton was copied is completed") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  make_user(tree);
  tree.write("home/bob/.bashrc.before-azl-provision", "theirs");
  tree.write("var/lib/azl-provision/making-user", "bob\nhome-claimed\n");
  std::filesystem::remove(tree.path("home/bob/.bashrc"));
  make_user(tree);
  CHECK(tree.read("home/bob/.bashrc") == "# bashrc\n");
}

TEST_CASE("nothing is copied from the skeleton that the user cannot read") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.append("etc/passwd", "bob:x:1000:1000::/home/bob:/bin/bash\n");
  tree.write("etc/skel/secret", "root's").chmod_to("etc/skel/secret", 0600);
  tree.symlink("/etc/shadow", "etc/skel/link").symlink("/root", "etc/skel/directory");
  REQUIRE(mkfifo(tree.path("etc/skel/fifo").c_str(), 0644) == 0);
  tree.write("etc/skel/tool", "x").chmod_to("etc/skel/tool", 06777);
  make_user(tree);
  for (const char* name : {"secret", "link", "directory", "fifo"}) {
    CHECK_FALSE(tree.exists("home/bob/" + std::string(name)));
  }
  CHECK(tree.mode("home/bob/tool") == 0755);
}

}  // namespace azl::provision
