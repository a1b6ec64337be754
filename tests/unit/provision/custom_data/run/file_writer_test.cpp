#include "provision/custom_data/run/file_writer.h"

#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision::custom_data {
namespace {

using azl::test::AccountTree;

WriteFile file(std::string path, std::string content = "new\n") {
  return {.path = std::move(path), .content = Secret(std::move(content))};
}

/// A tree with a user ann, whose uid is 1000.
struct TreeWithAnn : AccountTree {
  TreeWithAnn() {
    append("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/bash\n")
        .append("etc/group", "ann:x:1000:\n")
        .mkdir("home/ann")
        .chown_to("home/ann", 1000, 1000);
  }
};

}  // namespace

TEST_CASE("a file gets its content, mode and owner, and so do missing parents") {
  AZL_NEEDS_ROOT();
  TreeWithAnn tree;
  auto wish = file("/opt/a/b/c");
  wish.user = "ann";
  wish.group = "adm";
  wish.mode = 04750;
  CHECK(write_file(tree.root(), wish).value() == "/opt/a/b/c");
  CHECK(tree.read("opt/a/b/c") == "new\n");
  CHECK(tree.mode("opt/a/b/c") == 04750);
  CHECK(tree.status("opt/a/b/c").st_uid == 1000);
  CHECK(tree.status("opt/a/b/c").st_gid == 4);
  for (const char* parent : {"opt", "opt/a", "opt/a/b"}) {
    CAPTURE(parent);
    CHECK(tree.status(parent).st_uid == 1000);
    CHECK(tree.mode(parent) == 0755);
  }
  CHECK(tree.status("etc").st_uid == 0);  // it was there
}

TEST_CASE("an existing file is replaced or appended to, and gets the new mode") {
  AZL_NEEDS_ROOT();
  struct Row {
    bool append;
    const char* expected;
  };
  for (const Row& row : {Row{false, "new\n"}, Row{true, "old\nnew\n"}}) {
    CAPTURE(row.append);
    AccountTree tree;
    tree.write("etc/x", "old\n").chmod_to("etc/x", 0600);
    auto wish = file("/etc/x");
    wish.append = row.append;
    REQUIRE(write_file(tree.root(), wish));
    CHECK(tree.read("etc/x") == row.expected);
    CHECK(tree.mode("etc/x") == 0644);
  }
}

TEST_CASE("a link of root's is followed, and stays inside the tree") {
  AZL_NEEDS_ROOT();
  struct Row {
    const char* target;
    const char* written;
  };
  for (const Row& row : {Row{"/srv/y", "srv/y"}, Row{"../srv/y", "srv/y"},
                         Row{"../../../../../etc/y", "etc/y"}, Row{"z/../y", "etc/y"}}) {
    CAPTURE(row.target);
    AccountTree tree;
    tree.mkdir("srv").symlink(row.target, "etc/x");
    REQUIRE(write_file(tree.root(), file("/etc/x")));
    CHECK(tree.read(row.written) == "new\n");
    CHECK(S_ISLNK(tree.status("etc/x").st_mode));
  }
}

TEST_CASE("a loop of links, a directory and a FIFO are refused") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.symlink("b", "etc/a").symlink("a", "etc/b").mkdir("etc/dir");
  REQUIRE(::mkfifo(tree.path("etc/fifo").c_str(), 0600) == 0);
  for (const char* path : {"/etc/a", "/etc/dir", "/etc/fifo", "/"}) {
    CAPTURE(path);
    const auto written = write_file(tree.root(), file(path));
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().to_string().find(path) != std::string::npos);
  }
}

TEST_CASE("a user who does not exist is named, an id is taken as it is") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  auto wish = file("/etc/x");
  wish.user = "nobody-here";
  CHECK(write_file(tree.root(), wish).error().to_string() ==
        "writing /etc/x: there is no user 'nobody-here'");
  wish.user = "root";
  wish.group = "nogroup-here";
  CHECK(write_file(tree.root(), wish).error().to_string() ==
        "writing /etc/x: there is no group 'nogroup-here'");
  CHECK_FALSE(tree.exists("etc/x"));
  wish.user = "1234";
  wish.group = "4321";
  REQUIRE(write_file(tree.root(), wish));
  CHECK(tree.status("etc/x").st_uid == 1234);
  CHECK(tree.status("etc/x").st_gid == 4321);
}

TEST_CASE("below a user's directory, new directories are the user's, and the file its owner's") {
  AZL_NEEDS_ROOT();
  TreeWithAnn tree;
  auto wish = file("/home/ann/.config/app/x");
  wish.mode = 0600;
  REQUIRE(write_file(tree.root(), wish));
  CHECK(tree.read("home/ann/.config/app/x") == "new\n");
  CHECK(tree.status("home/ann/.config/app/x").st_uid == 0);
  CHECK(tree.mode("home/ann/.config/app/x") == 0600);
  // The user's own directories stay the user's.
  CHECK(tree.status("home/ann/.config").st_uid == 1000);
}

TEST_CASE("missing directories below a user's get the group of the file that is the user's, too") {
  AZL_NEEDS_ROOT();
  struct Row {
    const char* user;
    gid_t group;
  };
  for (const Row& row : {Row{"ann", 4}, Row{"root", 1000}}) {
    CAPTURE(row.user);
    TreeWithAnn tree;
    auto wish = file("/home/ann/.config/app/x");
    wish.user = row.user;
    wish.group = "adm";
    REQUIRE(write_file(tree.root(), wish));
    CHECK(tree.status("home/ann/.config/app/x").st_gid == 4);
    for (const char* parent : {"home/ann/.config", "home/ann/.config/app"}) {
      CHECK(tree.status(parent).st_uid == 1000);
      CHECK(tree.status(parent).st_gid == row.group);
    }
  }
}

TEST_CASE("below a user's directory, root's files and directories are written too") {
  AZL_NEEDS_ROOT();
  TreeWithAnn tree;
  auto wish = file("/home/ann/app.env");
  wish.mode = 0600;
  wish.append = true;
  REQUIRE(write_file(tree.root(), wish));
  REQUIRE(write_file(tree.root(), wish));
  CHECK(tree.read("home/ann/app.env") == "new\nnew\n");
  tree.mkdir("home/ann/private");
  REQUIRE(write_file(tree.root(), file("/home/ann/private/x")));
  CHECK(tree.read("home/ann/private/x") == "new\n");
}

TEST_CASE("a second name that a user gave to root's file gets nothing appended") {
  AZL_NEEDS_ROOT();
  TreeWithAnn tree;
  std::filesystem::create_hard_link(tree.path("etc/shadow"), tree.path("home/ann/log"));
  const auto before = tree.read("etc/shadow");
  auto wish = file("/home/ann/log");
  wish.append = true;
  CHECK_FALSE(write_file(tree.root(), wish));
  CHECK(tree.read("etc/shadow") == before);
  // Replaced, it is another file.
  REQUIRE(write_file(tree.root(), file("/home/ann/log")));
  CHECK(tree.read("etc/shadow") == before);
}

TEST_CASE("a name of the greatest length is written") {
  AZL_NEEDS_ROOT();
  TreeWithAnn tree;
  const auto path = "/etc/" + std::string(255, 'x');
  REQUIRE(write_file(tree.root(), file(path)));
  CHECK(tree.read(path) == "new\n");
}

TEST_CASE("links that a user planted lead nowhere") {
  AZL_NEEDS_ROOT();
  struct Row {
    const char* what;
    const char* link;  ///< relative to the tree; it leads to /etc
    const char* target;
    const char* path;
  };
  for (const Row& row : {Row{"a directory", "home/ann/d", "/etc", "/home/ann/d/shadow"},
                         Row{"the file", "home/ann/f", "/etc/shadow", "/home/ann/f"},
                         Row{"by ..", "home/ann/e", "../../etc", "/home/ann/e/shadow"},
                         Row{"in a directory of root's", "srv/l", "/etc", "/srv/l/shadow"}}) {
    CAPTURE(row.what);
    TreeWithAnn tree;
    tree.mkdir("srv").symlink(row.target, row.link).chown_to(row.link, 1000, 1000);
    const auto before = tree.read("etc/shadow");
    const auto written = write_file(tree.root(), file(row.path));
    CHECK(tree.read("etc/shadow") == before);
    CHECK(tree.status("etc/shadow").st_uid == 0);
    CHECK(tree.mode("etc/shadow") == 0600);
    // A link in place of the file is replaced, as a file of the user's would be.
    CHECK(written.has_value() == (std::string(row.what) == "the file"));
  }
}

TEST_CASE("files that are synced together have their content, mode and owner, too") {
  AZL_NEEDS_ROOT();
  TreeWithAnn tree;
  UnsyncedFiles unsynced;
  auto wish = file("/opt/new/a");
  wish.user = "ann";
  wish.mode = 0600;
  CHECK(write_file(tree.root(), wish, &unsynced).value() == "/opt/new/a");
  CHECK(write_file(tree.root(), file("/a"), &unsynced).value() == "/a");
  CHECK(unsynced.sync().has_value());
  CHECK(tree.read("opt/new/a") == "new\n");
  CHECK(tree.status("opt/new/a").st_uid == 1000);
  CHECK(tree.mode("opt/new/a") == 0600);
  CHECK(tree.read("a") == "new\n");
  CHECK(unsynced.sync().has_value());
}

TEST_CASE("a file that is a mount point is written in place") {
  AZL_NEEDS_ROOT();
  if (access("/proc/sys/kernel/hostname", W_OK) != 0) return;
  // Of the running machine, but the content is what it has: nothing changes.
  const auto live = Root::open("/").value();
  const auto name = live.read("/proc/sys/kernel/domainname", 256).value();
  const auto written = write_file(live, file("/proc/sys/kernel/domainname", name));
  CHECK_MESSAGE(written.has_value(), (written ? "" : written.error().to_string()));
}

}  // namespace azl::provision::custom_data
