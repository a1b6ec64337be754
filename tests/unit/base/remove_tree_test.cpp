#include "base/remove_tree.h"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

using azl::remove_tree;
using azl::Root;
using azl::test::TemporaryTree;

namespace {

Root open_root(const TemporaryTree& tree) { return std::move(Root::open(tree.path()).value()); }

}  // namespace

TEST_CASE("a directory is removed with all that is in it, and a link in it is not followed") {
  TemporaryTree tree;
  tree.write("var/lib/x/a/b/file", "1").write("var/lib/x/.hidden", "2").write("etc/kept", "3");
  tree.symlink("/etc", "var/lib/x/link").symlink("../../../etc", "var/lib/x/a/up");
  tree.mkdir("var/lib/x/empty");
  const auto removed = remove_tree(open_root(tree), "/var/lib/x");
  REQUIRE_MESSAGE(removed, removed.error().to_string());
  CHECK(*removed);
  CHECK_FALSE(tree.exists("var/lib/x"));
  CHECK(tree.read("etc/kept") == "3");
}

TEST_CASE("a file and a link are removed, and nothing is no error") {
  TemporaryTree tree;
  tree.write("etc/file", "1").write("etc/kept/x", "2").symlink("kept", "etc/link");
  const auto root = open_root(tree);
  CHECK(remove_tree(root, "/etc/file").value());
  CHECK(remove_tree(root, "/etc/link").value());
  CHECK_FALSE(remove_tree(root, "/etc/none").value());
  CHECK_FALSE(remove_tree(root, "/none/none").value());
  CHECK_FALSE(remove_tree(root, "/etc/kept/x/none").value());
  CHECK(tree.read("etc/kept/x") == "2");
}

TEST_CASE("a link on the way to the path is an error, and so is a path without a name") {
  TemporaryTree tree;
  tree.write("etc/kept", "1").symlink("/etc", "var");
  const auto root = open_root(tree);
  for (const std::string path : {"/var/kept", "/", "", "/etc/..", "/etc/."}) {
    CAPTURE(path);
    CHECK_FALSE(remove_tree(root, path));
  }
  CHECK(tree.read("etc/kept") == "1");
}

TEST_CASE("a directory that is nested too deep stays, and all beside it goes") {
  TemporaryTree tree;
  std::string deep = "x";
  for (int i = 0; i < 250; ++i) deep += "/d";
  tree.mkdir(deep).write("x/file", "1");
  const auto removed = remove_tree(open_root(tree), "/x");
  REQUIRE_FALSE(removed);
  CHECK(removed.error().to_string().find("nested deeper") != std::string::npos);
  CHECK_FALSE(tree.exists("x/file"));
  CHECK(tree.exists(deep));
}

TEST_CASE("what is mounted below the directory stays, and all beside it goes") {
  TemporaryTree tree;
  tree.write("x/a/file", "1").mkdir("x/mounted").write("data/precious", "2");
  const pid_t pid = fork();
  if (pid == 0) {
    // A bind mount of the same file system: the device number does not show it.
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount(tree.path("data").c_str(), tree.path("x/mounted").c_str(), nullptr, MS_BIND,
              nullptr) != 0)
      _exit(77);
    const auto removed = remove_tree(open_root(tree), "/x");
    const bool named =
        !removed && removed.error().to_string().find("mounted at /x/mounted") != std::string::npos;
    _exit(named ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    MESSAGE("skipped: no private mounts here");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(tree.read("data/precious") == "2");
  CHECK(tree.exists("x/mounted"));
  CHECK_FALSE(tree.exists("x/a"));
}
