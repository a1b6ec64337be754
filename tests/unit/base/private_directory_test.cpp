#include "base/private_directory.h"

#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

using azl::PrivateDirectory;
using azl::test::TemporaryTree;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

/// Makes a directory in a process that is killed. Returns its path.
std::string leave_directory(const std::string& parent) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t pid = fork();
  if (pid == 0) {
    const auto left = PrivateDirectory::make({parent});
    const std::string path = left ? left->path() : "";
    if (left && left->files().write("/key", "secret").has_value())
      (void)!write(ends[1], path.data(), path.size());
    kill(getpid(), SIGKILL);
  }
  close(ends[1]);
  std::string path(256, '\0');
  const ssize_t got = read(ends[0], path.data(), path.size());
  close(ends[0]);
  waitpid(pid, nullptr, 0);
  path.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return path;
}

}  // namespace

TEST_CASE("a private directory can be entered by its owner only, and is removed with its content") {
  const TemporaryTree parent;
  std::string path;
  {
    auto made = PrivateDirectory::make({parent.path()});
    REQUIRE(made.has_value());
    const PrivateDirectory moved = std::move(*made);
    path = moved.path();
    CHECK(path.starts_with(parent.path() + "/azl-provision."));
    CHECK(mode_of(path) == 0700);
    REQUIRE(moved.files().make_directory("/a/b").has_value());
    REQUIRE(moved.files().write("/a/b/key", "secret").has_value());
    CHECK(mode_of(path + "/a/b/key") == 0644);
  }
  CHECK(mode_of(path) == 0);
}

TEST_CASE("the first parent in which a directory can be made is used") {
  const TemporaryTree parent;
  const auto made = PrivateDirectory::make({parent.path("missing"), parent.path()});
  REQUIRE(made.has_value());
  CHECK(made->path().starts_with(parent.path() + "/"));
  const auto none = PrivateDirectory::make({parent.path("missing")});
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().to_string().find(parent.path("missing")) != std::string::npos);
}

TEST_CASE("a directory that a killed process left is removed, and one in use is not") {
  TemporaryTree parent;
  parent.write("azl-provision.others/file", "kept").write("other/file", "kept");
  const auto used = PrivateDirectory::make({parent.path()});
  REQUIRE(used.has_value());
  const std::string left = leave_directory(parent.path());
  REQUIRE_FALSE(left.empty());
  CHECK(mode_of(left) == 0700);
  const auto next = PrivateDirectory::make({parent.path()});
  REQUIRE(next.has_value());
  CHECK(mode_of(left) == 0);
  CHECK(mode_of(used->path()) == 0700);
  CHECK(parent.read("azl-provision.others/file") == "kept");
  CHECK(parent.read("other/file") == "kept");
}
