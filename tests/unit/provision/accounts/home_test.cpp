#include "provision/accounts/home.h"

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
      {"another's", "/home/bob",
       [](AccountTree& t) { t.mkdir("home/bob"), t.chown_to("home/bob", 1717, 1717); },
       "belongs to uid 1717"},
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
