#include "provision/accounts/sshd_files.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;
using Words = std::vector<std::string>;

namespace {

/// Copies the files of a tree. Returns the error's text, or "".
std::string copy_error(const AccountTree& tree, const test::TemporaryTree& copy) {
  const auto to = Root::open(copy.path());
  const auto files = SshdFiles::copy(tree.root(), to.value());
  return files ? std::string() : files.error().to_string();
}

}  // namespace

TEST_CASE("an Include line is read as sshd reads it") {
  struct Row {
    std::string line;
    std::optional<Words> patterns;
  };
  const std::vector<Row> rows = {
      {"Include /etc/ssh/sshd_config.d/*.conf", Words{"/etc/ssh/sshd_config.d/*.conf"}},
      {"  include\tsshd_config.d/*.conf  other",
       Words{"/etc/ssh/sshd_config.d/*.conf", "/etc/ssh/other"}},
      {"INCLUDE = /a", Words{"/a"}},
      {"Include=/a", Words{"/a"}},
      {"\"Include\" /a", Words{"/a"}},
      {R"(Include "/a b" '/c d' /e\ f)", Words{"/a b", "/c d", "/e f"}},
      {"Include /a # /b", Words{"/a"}},
      {"Include /a\r", Words{"/a"}},
      {"Include", Words{}},
      {"Includes /a", std::nullopt},
      {"# Include /a", std::nullopt},
      {"Port 22", std::nullopt},
      {"", std::nullopt},
      {std::string("Inc\0lude /a", 11), std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(parse_sshd_include(row.line) == row.patterns);
  }
}

TEST_CASE("a pattern matches names in the tree, and no link leads out") {
  AccountTree tree;
  test::TemporaryTree outside;
  outside.write("x.conf", "");
  tree.write("etc/d/b.conf", "").write("etc/d/a.conf", "").write("etc/d/.c.conf", "");
  tree.write("etc/d/c.txt", "").symlink(outside.path(), "etc/out").symlink("/none", "etc/d/z.conf");
  tree.symlink("/etc/d", "etc/inside");
  const Root root = tree.root();
  std::size_t budget = 100;
  CHECK(glob_in_tree(root, "/etc/d/*.conf", budget).value() ==
        Words{"/etc/d/a.conf", "/etc/d/b.conf"});
  CHECK(glob_in_tree(root, "/etc/[di]*/a.conf", budget).value() ==
        Words{"/etc/d/a.conf", "/etc/inside/a.conf"});
  CHECK(glob_in_tree(root, "/etc/d/c.txt", budget).value() == Words{"/etc/d/c.txt"});
  CHECK(glob_in_tree(root, "/etc/out/*", budget).value().empty());
  CHECK(glob_in_tree(root, "/none/*", budget).value().empty());
  CHECK_FALSE(glob_in_tree(root, "/etc/ssh/../*", budget).has_value());
  budget = 2;  // a directory costs one more than its names
  CHECK_FALSE(glob_in_tree(root, "/etc/d/*.conf", budget).has_value());
}

TEST_CASE("sshd gets the tree's files, also those that it includes from elsewhere") {
  AccountTree tree;
  const test::TemporaryTree copy;
  tree.write("etc/ssh/sshd_config",
             "# one\nInclude /etc/ssh/sshd_config.d/*.conf\nInclude /usr/share/*.config\nPort 22");
  tree.write("etc/ssh/sshd_config.d/50-x.conf", "Include /none/*\nX11Forwarding no\n");
  tree.write("usr/share/policy.config", "MaxAuthTries 3\n");
  tree.write("etc/ssh/ssh_host_ed25519_key", "secret").write("etc/ssh/keys/more", "secret");
  const auto to = Root::open(copy.path());
  const auto files = SshdFiles::copy(tree.root(), to.value());
  REQUIRE_MESSAGE(files.has_value(), files.error().to_string());
  CHECK(copy.read("ssh/sshd_config") ==
        "# one\nInclude /etc/ssh/sshd_config.d/*.conf\nInclude /etc/ssh/.azl-outside/0\nPort 22");
  CHECK(copy.read("ssh/sshd_config.d/50-x.conf") == "#\nX11Forwarding no\n");
  CHECK(copy.read("ssh/.azl-outside/0") == "MaxAuthTries 3\n");
  CHECK(copy.read("ssh/ssh_host_ed25519_key") == "secret");
  CHECK(copy.read("ssh/keys/more") == "secret");
  CHECK(files->path_in_tree("/etc/ssh/.azl-outside/0") == "/usr/share/policy.config");
  CHECK(files->path_in_tree("/etc/ssh/.azl-outside/1") == "/etc/ssh/.azl-outside/1");
  CHECK(files->path_in_tree("/etc/ssh/sshd_config") == "/etc/ssh/sshd_config");
}

TEST_CASE("an Include of a FIFO, a socket or a device is refused before sshd is started") {
  AZL_NEEDS_ROOT();
  struct Row {
    const char* what;
    mode_t type;
    dev_t device;
  };
  for (const auto& [what, type, device] : {Row{"a FIFO", S_IFIFO, 0}, Row{"a socket", S_IFSOCK, 0},
                                           Row{"a device", S_IFCHR, makedev(1, 5)}}) {
    for (const std::string place :
         {"etc/ssh/sshd_config", "etc/ssh/sshd_config.d/50-x.conf", "usr/x.conf"}) {
      CAPTURE(what);
      CAPTURE(place);
      AccountTree tree;
      const test::TemporaryTree copy;
      tree.write("etc/ssh/sshd_config",
                 "Include /etc/ssh/sshd_config.d/*.conf\nInclude /usr/*.conf\n");
      tree.mkdir("usr");
      std::filesystem::remove(tree.path(place));
      REQUIRE(mknod(tree.path(place).c_str(), type | 0600, device) == 0);
      CHECK(copy_error(tree, copy).ends_with(place + " is not a regular file but " + what));
    }
  }
}

TEST_CASE("what sshd does not read is not copied if it is no file, and does not matter") {
  AccountTree tree;
  const test::TemporaryTree copy;
  REQUIRE(mkfifo(tree.path("etc/ssh/fifo").c_str(), 0600) == 0);
  tree.write("etc/ssh/large", std::string((1 << 20) + 1, 'x'));
  CHECK(copy_error(tree, copy).empty());
  CHECK_FALSE(copy.exists("ssh/fifo"));
  CHECK_FALSE(copy.exists("ssh/large"));
  CHECK(copy.exists("ssh/sshd_config"));
}

TEST_CASE("a configuration that is too large or includes itself is copied within bounds") {
  AccountTree tree;
  const test::TemporaryTree copy;
  SUBCASE("it includes itself") {
    tree.write("etc/ssh/sshd_config", "Include /etc/ssh/sshd_config\n");
    CHECK(copy_error(tree, copy).empty());
  }
  SUBCASE("a file over 1 MiB") {
    tree.write("etc/ssh/sshd_config.d/50-x.conf", std::string((1 << 20) + 1, '#'));
    CHECK(copy_error(tree, copy).find("50-x.conf is longer than") != std::string::npos);
  }
  SUBCASE("too many files") {
    for (int i = 0; i < 1001; ++i) {
      tree.write("etc/ssh/sshd_config.d/" + std::to_string(i) + ".conf", "");
    }
    CHECK(copy_error(tree, copy).find("more than 1000 files") != std::string::npos);
  }
  SUBCASE("too many bytes") {
    for (int i = 0; i < 20; ++i) {
      tree.write("etc/ssh/" + std::to_string(i), std::string(1 << 20, '#'));
    }
    CHECK(copy_error(tree, copy).find("16 MiB") != std::string::npos);
  }
}

}  // namespace azl::provision
