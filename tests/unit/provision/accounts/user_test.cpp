#include "provision/accounts/user.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/xattr.h>

#include "provision/accounts/password.h"
#include "tests/unit/provision/accounts/bob.h"

namespace azl::provision {

using azl::test::AccountTree;
using azl::test::patience;
using azl::test::PlayedProcesses;
using azl::test::RecordingProcesses;
using test::kBob;
using test::kPassword;
using test::line_of;
using test::make_user;
using test::password_field_of;

namespace {

/// Checks that bob's account, groups and home are complete.
void check_whole(const AccountTree& tree, const Account& account) {
  CHECK(account.name == "bob");
  CHECK(account.uid >= 1000);
  CHECK(account.home == "/home/bob");
  CHECK(line_of(tree, "etc/passwd", "bob").find(":/home/bob:/bin/bash") != std::string::npos);
  CHECK_FALSE(line_of(tree, "etc/shadow", "bob").empty());
  CHECK(line_of(tree, "etc/group", "wheel").find("bob") != std::string::npos);
  CHECK(line_of(tree, "etc/group", "adm").find("bob") != std::string::npos);
  const auto home = tree.status("home/bob");
  CHECK(S_ISDIR(home.st_mode));
  CHECK(home.st_uid == account.uid);
  CHECK(home.st_gid == account.gid);
  CHECK((home.st_mode & 0022) == 0);
  CHECK((home.st_mode & 0700) == 0700);
  CHECK(tree.read("home/bob/.bashrc") == "# bashrc\n");
  CHECK(tree.read("home/bob/.config/app/settings") == "a=b\n");
  CHECK(tree.status("home/bob/.config/app/settings").st_uid == account.uid);
  // Let shadow-utils check the databases.
  CHECK_NOTHROW(azl::test::output_of({"pwck", "-q", "-r", "-R", tree.path()}));
  CHECK_NOTHROW(azl::test::output_of({"grpck", "-r", "-R", tree.path()}));
}

}  // namespace

TEST_CASE("a new user gets a home, groups and shell; a second run changes nothing") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  const Account account = make_user(tree);
  check_whole(tree, account);
  CHECK(account.uid == 1000);
  CHECK(password_field_of(tree, "bob") == "!");
  CHECK(line_of(tree, "etc/passwd", "bob") == "bob:x:1000:1000:Bob  the admin:/home/bob:/bin/bash");

  const auto before = azl::test::snapshot(tree.path());
  RecordingProcesses processes;
  CHECK(ensure_user(tree.root(), processes, kBob, patience()).has_value());
  CHECK(processes.commands.empty());
  CHECK(azl::test::snapshot(tree.path()) == before);
}

TEST_CASE("colons and control characters of the comment become spaces, and nothing else does") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  make_user(
      tree,
      {.name = "bob", .comment = "~B\x1fo\x7f:b! \n", .shell = "/bin/bash", .groups = {"wheel"}});
  CHECK(line_of(tree, "etc/passwd", "bob") == "bob:x:1000:1000:~B o  b!  :/home/bob:/bin/bash");
}

TEST_CASE("tools run on a tree with -R, never with --prefix") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  RecordingProcesses processes;
  const Root root = tree.root();
  REQUIRE(ensure_user(root, processes, kBob, patience()).has_value());
  const Secret password{std::string(kPassword)};
  REQUIRE(ensure_password(root, processes, "bob", PasswordChange::kSet, password,
                          PasswordHash::kSha512, patience())
              .has_value());
  REQUIRE(ensure_password(root, processes, "bob", PasswordChange::kLocked, Secret(),
                          PasswordHash::kSha512, patience())
              .has_value());
  REQUIRE(processes.commands.size() == 3);
  for (const auto& argv : processes.commands) {
    CHECK(argv[1] == "-R");
    // Not the path, which the owner of a directory above could make lead elsewhere.
    CHECK(argv[2].starts_with("/proc/self/fd/"));
    for (const std::string& argument : argv) CHECK(argument.find("--prefix") == std::string::npos);
  }
}

TEST_CASE("users with capitals or dots in their name, or named like a group, are made") {
  AZL_NEEDS_ROOT();
  for (const std::string name : {"Bob.Smith", "BOB", "_b", "b-b_b", "adm2", "staff"}) {
    CAPTURE(name);
    AccountTree tree;
    tree.append("etc/group", "staff:x:50:\n");
    const Account account =
        make_user(tree, {.name = name, .comment = "", .shell = "/bin/bash", .groups = {"wheel"}});
    CHECK(account.name == name);
    CHECK(account.home == "/home/" + name);
    CHECK((account.gid == 50) == (name == "staff"));
    CHECK(tree.status("home/" + name).st_uid == account.uid);
  }
}

TEST_CASE("an existing user is adopted: groups are added and nothing is removed") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.append("etc/passwd", "bob:x:1234:1234:Old:/srv/people/bob:/bin/sh\n");
  tree.append("etc/shadow", "bob:$6$x$y:19000:0:99999:7:::\n");
  tree.append("etc/group", "bob:x:1234:\nold:x:60:bob\nwheel2:x:61:\n");
  const Account account = make_user(tree);
  CHECK(account.uid == 1234);
  CHECK(account.shell == "/bin/sh");
  CHECK(line_of(tree, "etc/passwd", "bob") == "bob:x:1234:1234:Old:/srv/people/bob:/bin/sh");
  CHECK(password_field_of(tree, "bob") == "$6$x$y");
  CHECK(line_of(tree, "etc/group", "old") == "old:x:60:bob");
  CHECK(line_of(tree, "etc/group", "wheel") == "wheel:x:10:bob");
  CHECK(line_of(tree, "etc/group", "wheel2") == "wheel2:x:61:");
  CHECK(tree.status("srv/people/bob").st_uid == 1234);
  CHECK(tree.mode("srv/people/bob") == 0700);
  CHECK(tree.mode("srv/people") == 0755);
  CHECK(tree.read("srv/people/bob/.bashrc") == "# bashrc\n");
}

TEST_CASE("a group that stands only in /usr/lib/group is in /etc/group before the user joins it") {
  AZL_NEEDS_ROOT();
  for (const bool exists : {false, true}) {
    CAPTURE(exists);
    AccountTree tree;
    tree.write("etc/group", "root:x:0:\nadm:x:4:\n").write("etc/gshadow", "root:::\nadm:::\n");
    tree.write("etc/nsswitch.conf", "passwd: files altfiles\ngroup: files altfiles\n");
    tree.write("usr/lib/group", "wheel:x:10:\n").write("usr/lib/passwd", "");
    if (exists) {
      tree.append("etc/passwd", "bob:x:1000:1000::/home/bob:/bin/bash\n");
      tree.append("etc/shadow", "bob:!:19000:0:99999:7:::\n");
      tree.append("etc/group", "bob:x:1000:\n").append("etc/gshadow", "bob:!::\n");
    }
    const auto made = test::make_whole_user(tree);
    CHECK(line_of(tree, "etc/group", "wheel") == "wheel:x:10:bob");
    CHECK(line_of(tree, "etc/gshadow", "wheel") == "wheel:!::bob");
    CHECK(tree.read("usr/lib/group") == "wheel:x:10:\n");
    REQUIRE(made.copied.size() == 1);
    CHECK(made.copied[0].name == "wheel");
    CHECK(made.copied[0].outside == "/usr/lib/group");
    CHECK_NOTHROW(azl::test::output_of({"grpck", "-r", "-R", tree.path()}));
    CHECK(test::make_whole_user(tree).copied.empty());
    CHECK(groups_of(tree.root(), made.account).value() ==
          (exists ? std::vector<std::string>{"adm", "bob", "wheel"}
                  : std::vector<std::string>{"adm", "wheel", "bob"}));
  }
}

TEST_CASE("an account that only another source has is refused before any tool runs") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("etc/nsswitch.conf", "passwd: files systemd\n");
  tree.write("etc/userdb/bob.user", R"({"userName": "bob", "uid": 1000})");
  RecordingProcesses processes;
  const auto made = ensure_user(tree.root(), processes, kBob, patience());
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().reason() == Reason::kUser);
  CHECK(made.error().to_string().find("'bob' is in /etc/userdb/bob.user and not in /etc/passwd") !=
        std::string::npos);
  CHECK(processes.commands.empty());
}

TEST_CASE("a new account gets no uid that another source has") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("etc/nsswitch.conf", "passwd: files altfiles\ngroup: files altfiles\n");
  tree.write("usr/lib/passwd", "ann:x:1000:1000::/home/ann:/bin/bash\n");
  tree.write("usr/lib/group", "ann:x:1001:\n");
  const Account account = make_user(tree);
  CHECK(account.uid == 1002);
  CHECK(account.gid == 1002);
}

TEST_CASE("the primary group of an adopted account may stand outside /etc/group") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.append("etc/passwd", "bob:x:1000:100::/home/bob:/bin/bash\n");
  tree.write("etc/nsswitch.conf", "group: files altfiles\n");
  tree.write("usr/lib/group", "users:x:100:\n");
  CHECK(make_user(tree).gid == 100);
  CHECK(line_of(tree, "etc/group", "bob").empty());
}

TEST_CASE("system accounts and invalid names are refused before any tool runs") {
  AZL_NEEDS_ROOT();
  for (const std::string name : {"systemd-network", "root", "bob/../x", "-bob", ""}) {
    CAPTURE(name);
    const AccountTree tree;
    const auto before = azl::test::snapshot(tree.path());
    RecordingProcesses processes;
    UserWish wish = kBob;
    wish.name = name;
    const auto account = ensure_user(tree.root(), processes, wish, patience());
    REQUIRE_FALSE(account.has_value());
    CHECK(account.error().reason() == Reason::kUserName);
    CHECK(processes.commands.empty());
    CHECK(azl::test::snapshot(tree.path()) == before);
  }
}

TEST_CASE("an error has the tool's message") {
  AZL_NEEDS_ROOT();
  const AccountTree tree;
  SystemProcesses processes;
  UserWish wish = kBob;
  wish.groups = {"nosuchgroup"};
  const auto account = ensure_user(tree.root(), processes, wish, patience());
  REQUIRE_FALSE(account.has_value());
  CHECK(account.error().reason() == Reason::kUser);
  CHECK(account.error().to_string().find("group 'nosuchgroup' does not exist") !=
        std::string::npos);

  PlayedProcesses none([](const Command&) { return fail(Reason::kToolMissing, "no useradd"); });
  const auto missing = ensure_user(tree.root(), none, kBob, patience());
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().reason() == Reason::kUser);
  CHECK(missing.error().to_string().find("no useradd") != std::string::npos);

  PlayedProcesses liar([](const Command&) { return ProcessOutput(); });
  CHECK_FALSE(ensure_user(tree.root(), liar, kBob, patience()).has_value());
}

TEST_CASE("a half-made user is completed") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    std::function<void(AccountTree&)> leave;
  };
  const auto passwd = [](AccountTree& tree) {
    tree.append("etc/passwd", "bob:x:1000:1000:Bob:/home/bob:/bin/bash\n");
  };
  const auto shadow = [](AccountTree& tree) {
    tree.append("etc/shadow", "bob:!:19000:0:99999:7:::\n");
  };
  const auto group = [](AccountTree& tree) { tree.append("etc/group", "bob:x:1000:\n"); };
  const auto gshadow = [](AccountTree& tree) { tree.append("etc/gshadow", "bob:!::\n"); };
  const std::vector<Row> rows = {
      {"only in passwd", [=](AccountTree& t) { passwd(t); }},
      {"in passwd and shadow", [=](AccountTree& t) { passwd(t), shadow(t); }},
      {"not in gshadow", [=](AccountTree& t) { passwd(t), shadow(t), group(t); }},
      {"only without its home",
       [=](AccountTree& t) { passwd(t), shadow(t), group(t), gshadow(t); }},
      {"only in shadow and gshadow", [=](AccountTree& t) { shadow(t), gshadow(t); }},
      {"only its group", [=](AccountTree& t) { group(t), gshadow(t); }},
      {"a home of root's, closed",
       [](AccountTree& t) { t.mkdir("home/bob"), t.chmod_to("home/bob", 0); }},
      {"a home of root's, open to all",
       [](AccountTree& t) { t.mkdir("home/bob"), t.chmod_to("home/bob", 0777); }},
      {"a home half filled",
       [](AccountTree& t) {
         t.write("home/bob/.bashrc", "# bashrc\n");
         t.chown_to("home/bob", 1000, 1000).chown_to("home/bob/.bashrc", 1000, 1000);
       }},
      {"an account with a home of root's",
       [=](AccountTree& t) {
         passwd(t), shadow(t), group(t), gshadow(t);
         t.mkdir("home/bob");
       }},
      {"an account with an empty home",
       [=](AccountTree& t) {
         passwd(t), shadow(t), group(t), gshadow(t);
         t.mkdir("home/bob");
         t.chown_to("home/bob", 1000, 1000);
       }},
      {"no /home", [](AccountTree& t) { std::filesystem::remove(t.path("home")); }},
      {"locks of a process that is gone",
       [](AccountTree& t) {
         t.write("etc/passwd.lock", std::string("4194305\0", 8));
         t.write("etc/group.lock", "4194305");
       }},
      {"locks that name a process that lives",
       [](AccountTree& t) {
         for (const char* name : {"passwd", "shadow", "group", "gshadow", "subuid", "subgid"}) {
           t.write("etc/" + std::string(name) + ".lock", "1");
         }
       }},
      {"a lock without content", [](AccountTree& t) { t.write("etc/shadow.lock", ""); }},
      {"a lock that is a link to nowhere",
       [](AccountTree& t) { t.symlink("nowhere", "etc/group.lock"); }},
      {"new files not yet in place",
       [](AccountTree& t) { t.write("etc/passwd+", "half").write("etc/shadow+", ""); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    AccountTree tree;
    row.leave(tree);
    check_whole(tree, make_user(tree));
    CHECK_FALSE(tree.exists("etc/passwd.lock"));
  }
}

TEST_CASE("the next run completes what tools that were killed at any moment left") {
  AZL_NEEDS_ROOT();
  const SystemClock clock;
  SystemProcesses processes;
  const Secret password{std::string(kPassword)};
  int interrupted = 0;
  for (int step = 0; step < 40; ++step) {
    const auto time = std::chrono::microseconds(250 * step);
    CAPTURE(time.count());
    const AccountTree tree;
    const Root root = tree.root();
    // When the deadline passes, the tool's process group is killed.
    const auto first = ensure_user(root, processes, kBob, Deadline(clock, time));
    const auto locked = ensure_password(root, processes, "bob", PasswordChange::kSet, password,
                                        PasswordHash::kSha512, Deadline(clock, time));
    interrupted += !first || !locked ? 1 : 0;
    check_whole(tree, make_user(tree));
    REQUIRE(ensure_password(root, processes, "bob", PasswordChange::kSet, password,
                            PasswordHash::kSha512, patience())
                .has_value());
    CHECK(password_usable(root, "bob").value());
  }
  CHECK(interrupted > 0);
}

TEST_CASE("the lock of a process that is changing accounts is respected") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("etc/.pwd.lock", "").write("etc/passwd.lock", "1");
  const UniqueFd other(open(tree.path("etc/.pwd.lock").c_str(), O_WRONLY | O_CLOEXEC));
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  REQUIRE(fcntl(other.get(), F_OFD_SETLK, &lock) == 0);
  const SystemClock clock;
  SystemProcesses processes;
  const auto account =
      ensure_user(tree.root(), processes, kBob, Deadline(clock, std::chrono::milliseconds(300)));
  REQUIRE_FALSE(account.has_value());
  CHECK(account.error().reason() == Reason::kUser);
  CHECK(tree.read("etc/passwd.lock") == "1");
  CHECK(line_of(tree, "etc/passwd", "bob").empty());
}

TEST_CASE("databases and home in a tree get the SELinux labels of its policy") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  if (setxattr(tree.path().c_str(), "security.selinux", "a:b:c:s0", 9, 0) != 0) {
    MESSAGE("skipped: this file system has no SELinux labels");
    return;
  }
  tree.write("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
  tree.write("etc/selinux/targeted/contexts/files/file_contexts",
             "/etc(/.*)?\tsystem_u:object_r:etc_t:s0\n"
             "/etc/passwd[-+]?\t--\tsystem_u:object_r:passwd_file_t:s0\n"
             "/etc/shadow.*\t--\tsystem_u:object_r:shadow_t:s0\n"
             "/home/[^/]+(/.*)?\tunconfined_u:object_r:user_home_t:s0\n"
             "/home/[^/]+/\\.ssh(/.*)?\tunconfined_u:object_r:ssh_home_t:s0\n");
  const Account account = make_user(tree);
  SystemProcesses processes;
  const Secret password{std::string(kPassword)};
  REQUIRE(ensure_password(tree.root(), processes, "bob", PasswordChange::kSet, password,
                          PasswordHash::kSha512, patience())
              .value());
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"etc/passwd", "system_u:object_r:passwd_file_t:s0"},
      {"etc/passwd-", "system_u:object_r:passwd_file_t:s0"},
      {"etc/shadow", "system_u:object_r:shadow_t:s0"},
      {"etc/shadow-", "system_u:object_r:shadow_t:s0"},
      {"etc/group", "system_u:object_r:etc_t:s0"},
      {"home/bob", "unconfined_u:object_r:user_home_t:s0"},
      {"home/bob/.config/app/settings", "unconfined_u:object_r:user_home_t:s0"},
  };
  for (const auto& [name, label] : rows) {
    CAPTURE(name);
    std::array<char, 256> buffer{};
    CHECK(lgetxattr(tree.path(name).c_str(), "security.selinux", buffer.data(), buffer.size()) > 0);
    CHECK(std::string(buffer.data()) == label);
  }
  CHECK(account.uid == 1000);
}

}  // namespace azl::provision
