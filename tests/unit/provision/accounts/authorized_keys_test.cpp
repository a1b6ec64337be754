#include "provision/accounts/authorized_keys.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;

namespace {

constexpr const char* kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl azure";
const Account kBob{.name = "bob", .uid = 1000, .gid = 1000, .home = "/home/bob", .shell = ""};

const KeysFile kUsual = usual_keys_file(kBob);

std::vector<SshKey> keys() { return {parse_ssh_key(kKey).value()}; }

/// A tree with a home for bob.
struct Home : AccountTree {
  Home() { mkdir("home/bob").chmod_to("home/bob", 0700).chown_to("home/bob", 1000, 1000); }
  Home& add(std::string_view name, std::string_view text, mode_t mode, uid_t uid = 1000) {
    write(name, text).chmod_to(name, mode).chown_to(name, uid, uid);
    return *this;
  }
  Home& add_directory(std::string_view name, mode_t mode, uid_t uid = 1000) {
    mkdir(name).chmod_to(name, mode).chown_to(name, uid, uid);
    return *this;
  }
};

}  // namespace

TEST_CASE("keys are added once, in a new .ssh that the user owns") {
  AZL_NEEDS_ROOT();
  Home tree;
  const Root root = tree.root();
  const auto installed = install_keys(root, kBob, keys(), kUsual);
  REQUIRE_MESSAGE(installed.has_value(), installed.error().to_string());
  CHECK(*installed);
  CHECK(tree.read("home/bob/.ssh/authorized_keys") == std::string(kKey) + "\n");
  CHECK(tree.mode("home/bob/.ssh") == 0700);
  CHECK(tree.mode("home/bob/.ssh/authorized_keys") == 0600);
  for (const char* name : {"home/bob/.ssh", "home/bob/.ssh/authorized_keys"}) {
    CHECK(tree.status(name).st_uid == 1000);
    CHECK(tree.status(name).st_gid == 1000);
  }
  const auto again = install_keys(root, kBob, keys(), kUsual);
  REQUIRE(again.has_value());
  CHECK_FALSE(*again);
}

TEST_CASE("without keys nothing is made") {
  AZL_NEEDS_ROOT();
  Home tree;
  CHECK_FALSE(install_keys(tree.root(), kBob, {}, kUsual).value());
  CHECK_FALSE(tree.exists("home/bob/.ssh"));
}

TEST_CASE("the directory above a home may be closed to all but root") {
  AZL_NEEDS_ROOT();
  Home tree;
  tree.chmod_to("home", 0700);
  const auto installed = install_keys(tree.root(), kBob, keys(), kUsual);
  CHECK_MESSAGE(installed.has_value(), installed.error().to_string());
}

TEST_CASE("existing files stay, and get modes that sshd accepts") {
  AZL_NEEDS_ROOT();
  Home tree;
  tree.add_directory("home/bob/.ssh", 0777).add("home/bob/.ssh/authorized_keys", "# mine", 0666);
  tree.add("home/bob/.ssh/config", "Host x\n", 0644).chmod_to("home/bob", 0775);
  REQUIRE(install_keys(tree.root(), kBob, keys(), kUsual).has_value());
  CHECK(tree.read("home/bob/.ssh/authorized_keys") == "# mine\n" + std::string(kKey) + "\n");
  CHECK(tree.mode("home/bob/.ssh") == 0700);
  CHECK(tree.mode("home/bob/.ssh/authorized_keys") == 0600);
  CHECK(tree.mode("home/bob/.ssh/config") == 0644);
  CHECK(tree.mode("home/bob") == 0755);
}

TEST_CASE("a planted file or link in a home is refused by name and not followed") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    std::function<void(Home&)> plant;
    const char* wrong;
  };
  const std::vector<Row> rows = {
      {"no home", [](Home& t) { std::filesystem::remove(t.path("home/bob")); }, "No such file"},
      {"a home of another's", [](Home& t) { t.chown_to("home/bob", 1001, 1001); },
       "not a directory that the user owns"},
      {"a home of root's", [](Home& t) { t.chown_to("home/bob", 0, 0); },
       "not a directory that the user owns"},
      {"a home that is a file",
       [](Home& t) {
         std::filesystem::remove(t.path("home/bob"));
         t.add("home/bob", "", 0600);
       },
       "Not a directory"},
      {"a home that leads to root's", [](Home& t) { t.plant("/root", "home/bob"); },
       "not a directory that the user owns"},
      {"a home that is read-only", [](Home& t) { t.chmod_to("home/bob", 0555); },
       "Permission denied"},
      {".ssh to /etc", [](Home& t) { t.plant("/etc", "home/bob/.ssh"); },
       "~/.ssh is a symbolic link"},
      {".ssh to nowhere", [](Home& t) { t.plant("nowhere", "home/bob/.ssh"); },
       "~/.ssh is a symbolic link"},
      {".ssh to another place of the home",
       [](Home& t) { t.add_directory("home/bob/x", 0700).plant("x", "home/bob/.ssh"); },
       "~/.ssh is a symbolic link"},
      {".ssh a file", [](Home& t) { t.add("home/bob/.ssh", "", 0600); },
       "~/.ssh is not a directory"},
      {".ssh of root's", [](Home& t) { t.add_directory("home/bob/.ssh", 0700, 0); },
       "~/.ssh belongs to uid 0"},
      {"authorized_keys to shadow",
       [](Home& t) {
         t.add_directory("home/bob/.ssh", 0700);
         t.plant("/etc/shadow", "home/bob/.ssh/authorized_keys");
       },
       "authorized_keys is a symbolic link"},
      {"authorized_keys of root's",
       [](Home& t) {
         t.add_directory("home/bob/.ssh", 0700);
         t.add("home/bob/.ssh/authorized_keys", "x", 0644, 0);
       },
       "authorized_keys belongs to uid 0"},
      {"a hard link to root's file",
       [](Home& t) {
         t.add_directory("home/bob/.ssh", 0700);
         std::filesystem::create_hard_link(t.path("etc/shadow"),
                                           t.path("home/bob/.ssh/authorized_keys"));
       },
       "authorized_keys belongs to uid 0"},
      {"a directory",
       [](Home& t) {
         t.add_directory("home/bob/.ssh", 0700);
         t.add_directory("home/bob/.ssh/authorized_keys", 0700);
       },
       "not a regular file"},
      {"a FIFO",
       [](Home& t) {
         t.add_directory("home/bob/.ssh", 0700);
         REQUIRE(mkfifo(t.path("home/bob/.ssh/authorized_keys").c_str(), 0600) == 0);
         t.chown_to("home/bob/.ssh/authorized_keys", 1000, 1000);
       },
       "not a regular file"},
      {"more than 4 MiB",
       [](Home& t) {
         t.add_directory("home/bob/.ssh", 0700);
         t.add("home/bob/.ssh/authorized_keys", std::string((4 << 20) + 1, '#'), 0600);
       },
       "longer than"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Home tree;
    row.plant(tree);
    const auto before = test::snapshot(tree.path());
    const auto installed = install_keys(tree.root(), kBob, keys(), kUsual);
    REQUIRE_FALSE(installed.has_value());
    CAPTURE(installed.error().to_string());
    CHECK(installed.error().to_string().find(row.wrong) != std::string::npos);
    CHECK(installed.error().to_string().find("as 'bob' (uid 1000)") != std::string::npos);
    CHECK(test::snapshot(tree.path()) == before);
  }
}

TEST_CASE("an authorized_keys of 4 MiB is kept") {
  AZL_NEEDS_ROOT();
  Home tree;
  const std::string text(4 << 20, '#');
  tree.add_directory("home/bob/.ssh", 0700).add("home/bob/.ssh/authorized_keys", text, 0600);
  REQUIRE(install_keys(tree.root(), kBob, keys(), kUsual).has_value());
  CHECK(tree.read("home/bob/.ssh/authorized_keys") == text + "\n" + kKey + "\n");
}

TEST_CASE("keys in another file of the home get modes that sshd accepts") {
  AZL_NEEDS_ROOT();
  Home tree;
  tree.add_directory("home/bob/.config", 0775);
  const KeysFile file{"/home/bob/.config/ssh/keys", "/.config/ssh/keys"};
  const auto installed = install_keys(tree.root(), kBob, keys(), file);
  REQUIRE_MESSAGE(installed.has_value(), installed.error().to_string());
  CHECK(tree.read("home/bob/.config/ssh/keys") == std::string(kKey) + "\n");
  CHECK(tree.mode("home/bob/.config") == 0755);
  CHECK(tree.mode("home/bob/.config/ssh") == 0700);
  CHECK(tree.mode("home/bob/.config/ssh/keys") == 0600);
  CHECK(tree.status("home/bob/.config/ssh/keys").st_uid == 1000);
  CHECK_FALSE(tree.exists("home/bob/.ssh"));
}

TEST_CASE("keys outside the home are root's, and readable for sshd, which reads them as the user") {
  AZL_NEEDS_ROOT();
  Home tree;
  const KeysFile file{"/etc/ssh/authorized_keys/bob", ""};
  const auto installed = install_keys(tree.root(), kBob, keys(), file);
  REQUIRE_MESSAGE(installed.has_value(), installed.error().to_string());
  CHECK(*installed);
  CHECK(tree.read("etc/ssh/authorized_keys/bob") == std::string(kKey) + "\n");
  CHECK(tree.mode("etc/ssh/authorized_keys") == 0755);
  CHECK(tree.mode("etc/ssh/authorized_keys/bob") == 0644);
  CHECK(tree.status("etc/ssh/authorized_keys/bob").st_uid == 0);
  CHECK_FALSE(tree.exists("home/bob/.ssh"));
  CHECK_FALSE(install_keys(tree.root(), kBob, keys(), file).value());
}

TEST_CASE("a file of keys outside the home keeps its lines, and its owner if that is the user") {
  AZL_NEEDS_ROOT();
  for (const uid_t owner : {0U, 1000U}) {
    CAPTURE(owner);
    Home tree;
    tree.add_directory("etc/keys", 0755, 0).add("etc/keys/bob", "# mine\n", 0666, owner);
    REQUIRE(install_keys(tree.root(), kBob, keys(), {"/etc/keys/bob", ""}).has_value());
    CHECK(tree.read("etc/keys/bob") == "# mine\n" + std::string(kKey) + "\n");
    CHECK(tree.mode("etc/keys/bob") == 0644);
    CHECK(tree.status("etc/keys/bob").st_uid == owner);
  }
}

TEST_CASE("keys are not written outside the home where somebody else could interfere") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    std::function<void(Home&)> plant;
    const char* wrong;
  };
  const std::vector<Row> rows = {
      {"the user's directory", [](Home& t) { t.add_directory("etc/keys", 0755); },
       "/etc/keys belongs to uid 1000"},
      {"a directory writable by all", [](Home& t) { t.add_directory("etc/keys", 01777, 0); },
       "/etc/keys is writable by others than root"},
      {"a directory of the user's group that the group cannot enter",
       [](Home& t) {
         t.add_directory("etc/keys", 0700, 0);
         REQUIRE(chown(t.path("etc/keys").c_str(), 0, 1000) == 0);
       },
       "/etc/keys is closed to the user"},
      {"a directory that only another group can enter",
       [](Home& t) { t.add_directory("etc/keys", 0710, 0); }, "/etc/keys is closed to the user"},
      {"a directory that the user cannot enter",
       [](Home& t) { t.add_directory("etc/keys", 0700, 0); }, "/etc/keys is closed to the user"},
      {"a link in place of the directory", [](Home& t) { t.plant("/home/bob", "etc/keys"); },
       "/etc/keys is a symbolic link"},
      {"a file in place of the directory", [](Home& t) { t.add("etc/keys", "", 0644, 0); },
       "/etc/keys is not a directory"},
      {"a link to shadow",
       [](Home& t) { t.add_directory("etc/keys", 0755, 0).plant("/etc/shadow", "etc/keys/bob"); },
       "/etc/keys/bob is a symbolic link"},
      {"a file of another user's",
       [](Home& t) {
         t.add_directory("etc/keys", 0755, 0);
         t.add("etc/keys/bob", "", 0644, 1001);
       },
       "/etc/keys/bob belongs to uid 1001"},
      {"a FIFO",
       [](Home& t) {
         t.add_directory("etc/keys", 0755, 0);
         REQUIRE(mkfifo(t.path("etc/keys/bob").c_str(), 0600) == 0);
       },
       "/etc/keys/bob is not a regular file"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Home tree;
    row.plant(tree);
    const auto before = test::snapshot(tree.path());
    const auto installed = install_keys(tree.root(), kBob, keys(), {"/etc/keys/bob", ""});
    REQUIRE_FALSE(installed.has_value());
    CAPTURE(installed.error().to_string());
    CHECK(installed.error().reason() == Reason::kUser);
    CHECK(installed.error().to_string().find(row.wrong) != std::string::npos);
    CHECK(test::snapshot(tree.path()) == before);
  }
}

}  // namespace azl::provision
