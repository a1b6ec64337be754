#include "provision/accounts/user.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <crypt.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/xattr.h>

#include "base/text.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;
using test::patience;
using test::PlayedProcesses;
using test::RecordingProcesses;

namespace {

const UserWish kBob{
    .name = "bob", .comment = "Bob: the\nadmin", .shell = "/bin/bash", .groups = {"wheel", "adm"}};
constexpr const char* kPassword = "Correct-Horse-9-Battery";

Account make_user(const AccountTree& tree, const UserWish& wish = kBob) {
  SystemProcesses processes;
  const auto account = ensure_user(tree.root(), processes, wish, patience());
  if (!account) FAIL(account.error().to_string());
  return *account;
}

/// The line of a user in one of the databases; empty when there is none.
std::string line_of(const AccountTree& tree, std::string_view file, const std::string& user) {
  const std::string text = tree.read(file);
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(user + ":")) return std::string(line);
  }
  return "";
}

std::string password_field_of(const AccountTree& tree, const std::string& user) {
  const std::string line = line_of(tree, "etc/shadow", user);
  const auto parts = line.substr(std::min(line.size(), user.size() + 1));
  return parts.substr(0, parts.find(':'));
}

/// All that makes bob whole, whatever was there before.
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
  // shadow-utils' own judgement of the databases.
  CHECK_NOTHROW(test::output_of({"pwck", "-q", "-r", "-R", tree.path()}));
  CHECK_NOTHROW(test::output_of({"grpck", "-r", "-R", tree.path()}));
}

}  // namespace

TEST_CASE("a new user has its home, groups and shell, and nothing changes the second time") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  const Account account = make_user(tree);
  check_whole(tree, account);
  CHECK(account.uid == 1000);
  CHECK(password_field_of(tree, "bob") == "!");
  CHECK(line_of(tree, "etc/passwd", "bob") == "bob:x:1000:1000:Bob  the admin:/home/bob:/bin/bash");

  const auto before = test::snapshot(tree.path());
  RecordingProcesses processes;
  CHECK(ensure_user(tree.root(), processes, kBob, patience()).has_value());
  CHECK(processes.commands.empty());
  CHECK(test::snapshot(tree.path()) == before);
}

TEST_CASE("tools get the tree by -R, never by --prefix, and none by the live option") {
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
    CHECK(argv[2] == tree.path());
    for (const std::string& argument : argv) CHECK(argument.find("--prefix") == std::string::npos);
  }
}

TEST_CASE("names with capitals, dots, or of a group that exists are made all the same") {
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

TEST_CASE("an existing user is adopted: groups are added and nothing is taken away") {
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

TEST_CASE("a user of the system and names that are none are refused before any tool runs") {
  AZL_NEEDS_ROOT();
  for (const std::string name : {"systemd-network", "root", "bob/../x", "-bob", ""}) {
    CAPTURE(name);
    const AccountTree tree;
    const auto before = test::snapshot(tree.path());
    RecordingProcesses processes;
    UserWish wish = kBob;
    wish.name = name;
    const auto account = ensure_user(tree.root(), processes, wish, patience());
    REQUIRE_FALSE(account.has_value());
    CHECK(account.error().reason() == Reason::kUserName);
    CHECK(processes.commands.empty());
    CHECK(test::snapshot(tree.path()) == before);
  }
}

TEST_CASE("what the tool says is told") {
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

TEST_CASE("a user that was half made is completed") {
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

TEST_CASE("tools killed at any moment leave what the next run completes") {
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
    // A passed deadline kills the tool's whole process group.
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

TEST_CASE("a lock of somebody who changes accounts just now is respected") {
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

TEST_CASE("what the tools write in a tree gets the labels of its own policy") {
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

TEST_CASE("a home that is somebody else's, or no home at all, is refused") {
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

TEST_CASE("files that an image left in a home of root's stay, and the skeleton's are added") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("home/bob/notes", "mine").write("home/bob/.bashrc", "# another\n");
  const Account account = make_user(tree);
  CHECK(tree.status("home/bob").st_uid == account.uid);
  CHECK(tree.status("home/bob/notes").st_uid == 0);
  CHECK(tree.read("home/bob/.bashrc") == "# another\n");
  CHECK(tree.read("home/bob/.config/app/settings") == "a=b\n");
}

TEST_CASE("a skeleton gives the user nothing that the user could not read") {
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

TEST_CASE("a password is set as a hash that only chpasswd's stdin and shadow see") {
  AZL_NEEDS_ROOT();
  for (const auto hash : {PasswordHash::kSha512, PasswordHash::kYescrypt}) {
    const AccountTree tree;
    make_user(tree);
    const Root root = tree.root();
    RecordingProcesses processes;
    const Secret password{std::string(kPassword)};
    const auto set =
        ensure_password(root, processes, "bob", PasswordChange::kSet, password, hash, patience());
    REQUIRE_MESSAGE(set.has_value(), set.error().to_string());
    CHECK(*set);
    const std::string field = password_field_of(tree, "bob");
    CHECK(field.starts_with(hash == PasswordHash::kSha512 ? "$6$" : "$y$"));
    CHECK(std::string(crypt(kPassword, field.c_str())) == field);
    CHECK(password_usable(root, "bob").value());

    CHECK_FALSE(
        ensure_password(root, processes, "bob", PasswordChange::kSet, password, hash, patience())
            .value());
    CHECK(processes.count("chpasswd") == 1);
    CHECK(processes.inputs == std::vector<std::string>{"bob:" + field + "\n"});
    for (const auto& argv : processes.commands) {
      for (const std::string& argument : argv) {
        CHECK(argument.find(kPassword) == std::string::npos);
        CHECK(argument.find(field) == std::string::npos);
      }
    }
    for (const auto& [path, seen] : test::snapshot(tree.path())) {
      CAPTURE(path);
      CHECK(seen.find(kPassword) == std::string::npos);
      if (!path.ends_with("/etc/shadow")) CHECK(seen.find(field) == std::string::npos);
    }
  }
}

TEST_CASE("a password that is locked is unlocked only by a new one") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  make_user(tree);
  const Root root = tree.root();
  SystemProcesses processes;
  const Secret password{std::string(kPassword)};
  const auto ensure = [&](PasswordChange change) {
    return ensure_password(root, processes, "bob", change, password, PasswordHash::kSha512,
                           patience())
        .value();
  };
  CHECK_FALSE(ensure(PasswordChange::kLocked));  // useradd's "!"
  CHECK(ensure(PasswordChange::kSet));
  const std::string hash = password_field_of(tree, "bob");
  CHECK_FALSE(ensure(PasswordChange::kUnchanged));
  CHECK(ensure(PasswordChange::kLocked));
  CHECK(password_field_of(tree, "bob") == "!" + hash);
  CHECK_FALSE(ensure(PasswordChange::kLocked));
  CHECK_FALSE(ensure(PasswordChange::kUnchanged));
  CHECK(password_field_of(tree, "bob") == "!" + hash);
  CHECK_FALSE(password_usable(root, "bob").value());
  CHECK(ensure(PasswordChange::kSet));
  CHECK(password_usable(root, "bob").value());
}

TEST_CASE("an empty password, and one that is nowhere, are locked too") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.append("etc/passwd", "open:x:1001:1001::/:/bin/bash\nlost:x:1002:1002::/:/bin/bash\n");
  tree.append("etc/shadow", "open::19000:0:99999:7:::\n");
  SystemProcesses processes;
  for (const std::string user : {"open", "lost"}) {
    CAPTURE(user);
    CHECK(ensure_password(tree.root(), processes, user, PasswordChange::kLocked, Secret(),
                          PasswordHash::kSha512, patience())
              .value());
    CHECK(password_field_of(tree, user) == "!");
  }
  CHECK_FALSE(ensure_password(tree.root(), processes, "root", PasswordChange::kLocked, Secret(),
                              PasswordHash::kSha512, patience())
                  .value());
}

TEST_CASE("no error tells a password or a hash") {
  AZL_NEEDS_ROOT();
  const AccountTree tree;
  const std::string secret = kPassword;
  const std::vector<Secret> passwords = [&secret] {
    std::vector<Secret> made;
    for (const std::string& text : {std::string(), secret + std::string(1, '\0') + "x",
                                    secret + std::string(512, 'x'), secret}) {
      made.emplace_back(text);
    }
    return made;
  }();
  for (const Secret& password : passwords) {
    RecordingProcesses processes;  // there is no bob here, so chpasswd refuses the good one
    const auto set = ensure_password(tree.root(), processes, "bob", PasswordChange::kSet, password,
                                     PasswordHash::kSha512, patience());
    REQUIRE_FALSE(set.has_value());
    CHECK(set.error().reason() == Reason::kPassword);
    CHECK(set.error().to_string().find(secret) == std::string::npos);
    CHECK(set.error().to_string().find("$6$") == std::string::npos);
  }
}

TEST_CASE("a password field is usable or not") {
  struct Row {
    std::string field;
    bool usable;
  };
  const std::vector<Row> rows = {
      {"", false},
      {"!", false},
      {"*", false},
      {"!!", false},
      {"!$6$abc$def", false},
      {"!*", false},
      {"*LK*", false},
      {"x", false},
      {"$6$saltsalt$hash", true},
      {"$y$j9T$salt$hash", true},
      {"$1$saltsalt$hash", true},
      {"not a hash", false},
      {"$9$what", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    test::TemporaryTree tree;
    tree.write("etc/passwd", "bob:x:1000:1000:::\n");
    tree.write("etc/shadow", "bobby:$6$a$b:::::::\nbob:" + std::string(row.field) + ":1::::::\n");
    const auto root = Root::open(tree.path());
    REQUIRE(root.has_value());
    CHECK(password_usable(*root, "bob").value() == row.usable);
    CHECK_FALSE(password_usable(*root, "ann").value());
  }
}

TEST_CASE("sudoers gets the name, or the uid where the name could be something else there") {
  struct Row {
    std::string name;
    const char* who;
  };
  const std::vector<Row> rows = {
      {"bob", "bob"},          {"Bob", "Bob"},          {"bob.smith-2", "bob.smith-2"},
      {"_bob", "_bob"},        {"ALL", "#1000"},        {"BOB", "#1000"},
      {"B", "#1000"},          {"B_2", "#1000"},        {"Defaults", "#1000"},
      {"User_Alias", "#1000"}, {"Cmnd_Alias", "#1000"}, {"sudoedit", "#1000"},
      {"include", "#1000"},    {"b\nALL", "#1000"},     {"b c", "#1000"},
      {"%wheel", "#1000"},     {"", "#1000"},
  };
  SystemProcesses processes;
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Account account{.name = row.name, .uid = 1000, .gid = 1000, .home = "", .shell = ""};
    const std::string without = sudoers_text(account, SudoRule::kNoPassword);
    CHECK(without.ends_with("'.\n" + std::string(row.who) + " ALL=(ALL:ALL) NOPASSWD: ALL\n"));
    CHECK(std::count(without.begin(), without.end(), '\n') == 2);
    CHECK(sudoers_text(account, SudoRule::kPassword)
              .ends_with("\n" + std::string(row.who) + " ALL=(ALL:ALL) ALL\n"));
    CHECK(sudoers_text(account, SudoRule::kNone).empty());
    const auto checked = processes.run(
        {.argv = {"visudo", "-c", "-f", "-"}, .input = Secret(std::string(without))}, patience());
    CHECK_MESSAGE(checked.has_value(), without);
  }
}

TEST_CASE("the sudoers file is written once, kept right, and removed when none is wanted") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  const Account account{.name = "bob", .uid = 1000, .gid = 1000, .home = "", .shell = ""};
  const Root root = tree.root();
  RecordingProcesses processes;
  const auto ensure = [&](SudoRule rule) {
    return ensure_sudoers(root, processes, account, rule, patience()).value();
  };
  CHECK(ensure(SudoRule::kNoPassword));
  CHECK(tree.mode("etc/sudoers.d/90-azl-provision") == 0440);
  CHECK(tree.status("etc/sudoers.d/90-azl-provision").st_uid == 0);
  CHECK_FALSE(ensure(SudoRule::kNoPassword));
  CHECK(processes.count("visudo") == 1);
  tree.chmod_to("etc/sudoers.d/90-azl-provision", 0666);
  CHECK(ensure(SudoRule::kNoPassword));
  CHECK(tree.mode("etc/sudoers.d/90-azl-provision") == 0440);
  CHECK(ensure(SudoRule::kPassword));
  CHECK(tree.read("etc/sudoers.d/90-azl-provision") == sudoers_text(account, SudoRule::kPassword));
  CHECK(ensure(SudoRule::kNone));
  CHECK_FALSE(tree.exists("etc/sudoers.d/90-azl-provision"));
  CHECK_FALSE(ensure(SudoRule::kNone));
}

TEST_CASE("sudo that is missing, or that refuses the text, leaves no file") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    bool directory;
    Result<ProcessOutput> said;
    Reason reason;
  };
  const std::vector<Row> rows = {
      {"no sudo", false, ProcessOutput(), Reason::kSudoers},
      {"no visudo", true, fail(Reason::kToolMissing, "visudo"), Reason::kToolMissing},
      {"refused", true, fail(Reason::kToolFailed, "syntax error"), Reason::kSudoers},
  };
  const Account account{.name = "bob", .uid = 1000, .gid = 1000, .home = "", .shell = ""};
  for (const Row& row : rows) {
    CAPTURE(row.what);
    AccountTree tree;
    if (!row.directory) std::filesystem::remove(tree.path("etc/sudoers.d"));
    PlayedProcesses processes([&row](const Command&) { return row.said; });
    const auto written =
        ensure_sudoers(tree.root(), processes, account, SudoRule::kNoPassword, patience());
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().reason() == row.reason);
    CHECK_FALSE(tree.exists("etc/sudoers.d/90-azl-provision"));
  }
}

}  // namespace azl::provision
