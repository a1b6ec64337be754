#include "disk/mount_point.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/temporary_tree.h"

namespace azl::disk {
namespace {

TEST_CASE("the state of a path shows whether it can be mounted on") {
  test::TemporaryTree tree;
  tree.mkdir("empty").mkdir("full/below").write("file", "x");
  tree.symlink("/empty", "link").symlink("/nowhere", "dangling").symlink("/full", "there");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  struct Case {
    std::string path;
    PointState state;
  };
  for (const Case& each : {Case{.path = "/empty", .state = PointState::kFree},
                           Case{.path = "/empty/", .state = PointState::kFree},
                           Case{.path = "/missing", .state = PointState::kFree},
                           Case{.path = "/missing/below", .state = PointState::kFree},
                           Case{.path = "/full", .state = PointState::kNotEmpty},
                           Case{.path = "/full/below", .state = PointState::kFree},
                           Case{.path = "/file", .state = PointState::kNoDirectory},
                           Case{.path = "/file/below", .state = PointState::kNoDirectory},
                           Case{.path = "/link", .state = PointState::kLink},
                           Case{.path = "/dangling", .state = PointState::kLink},
                           Case{.path = "/there/below", .state = PointState::kLink},
                           Case{.path = "/", .state = PointState::kMounted}}) {
    CAPTURE(each.path);
    const auto state = read_point_state(*root, each.path);
    if (!state) FAIL(state.error().to_string());
    CHECK(*state == each.state);
  }
  for (const std::string path : {"", "mnt", "/a/../b", "/./a"}) {
    CAPTURE(path);
    CHECK_FALSE(read_point_state(*root, path));
  }
}

TEST_CASE("a mount point is recognized") {
  const auto root = Root::open("/");
  REQUIRE(root);
  const auto state = read_point_state(*root, "/proc");
  if (!state) FAIL(state.error().to_string());
  CHECK(*state == PointState::kMounted);
}

TEST_CASE("a mount point is made at a free path only") {
  test::TemporaryTree tree;
  tree.write("full/file", "x").symlink("/full", "link");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  REQUIRE(make_mount_point(*root, "/data/one"));
  REQUIRE(make_mount_point(*root, "/data/one"));
  struct stat status{};
  REQUIRE(stat(tree.path("data/one").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0755);
  const auto full = make_mount_point(*root, "/full");
  REQUIRE_FALSE(full);
  CHECK(full.error().to_string() == "/full is a directory with files in it");
  const auto link = make_mount_point(*root, "/link/below");
  REQUIRE_FALSE(link);
  CHECK(link.error().to_string() == "/link/below is a symbolic link, or is below one");
  CHECK_FALSE(tree.exists("full/below"));
}

TEST_CASE("the warning file says when data is lost") {
  for (const std::string word : {"deallocated", "resized", "redeployed"}) {
    CHECK(warning_text().find(word) != std::string_view::npos);
  }
}

}  // namespace
}  // namespace azl::disk
