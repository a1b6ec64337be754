#include "tests/platform/identity.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::platform {
namespace {

namespace fs = std::filesystem;
using test::TemporaryTree;

constexpr const char* kAssetTag = "image/sys/class/dmi/id/chassis_asset_tag";

/// Returns the paths in the tree, with the content of the files.
std::vector<std::string> everything_in(const TemporaryTree& tree) {
  std::vector<std::string> list;
  for (const auto& entry : fs::recursive_directory_iterator(tree.path())) {
    const auto name = entry.path().string().substr(tree.path().size());
    list.push_back(name + (entry.is_regular_file() ? ": " + tree.read(name) : ""));
  }
  std::ranges::sort(list);
  return list;
}

TEST_CASE("a tree has the VM's identity until it is taken back") {
  for (const bool has_sys : {true, false}) {
    CAPTURE(has_sys);
    TemporaryTree tree;
    tree.write("image/etc/hostname", "mine\n");
    if (has_sys) tree.mkdir("image/sys");
    const auto before = everything_in(tree);
    {
      auto identity = TreeIdentity::give(Vm{}, tree.path("image"));
      if (!identity) FAIL(identity.error());
      CHECK(tree.read(kAssetTag) == "7783-7084-3265-9085-8269-3286-77\n");
      CHECK(tree.read("image/sys/class/dmi/id/product_uuid") == Vm{}.vm_id + "\n");
      CHECK(tree.exists("image/sys/firmware/efi"));
      CHECK(identity->take_back());
      CHECK(everything_in(tree) == before);
    }
    {
      const auto forgotten = TreeIdentity::give(Vm{}, tree.path("image"));
    }
    CHECK(everything_in(tree) == before);
  }
}

TEST_CASE("a file that somebody else made in the meantime stays, and is named") {
  TemporaryTree tree;
  tree.mkdir("image");
  auto identity = TreeIdentity::give(Vm{}, tree.path("image"));
  if (!identity) FAIL(identity.error());
  tree.write("image/sys/class/mine", "x");
  const auto taken = identity->take_back();
  REQUIRE_FALSE(taken);
  CHECK(taken.error().find("/sys/class") != std::string::npos);
  CHECK_FALSE(tree.exists(kAssetTag));
  CHECK(tree.read("image/sys/class/mine") == "x");
}

TEST_CASE("a tree whose /sys cannot be used is refused and not changed") {
  TemporaryTree tree;
  tree.write("full/sys/class/net/eth0", "x").write("file/sys", "").mkdir("other");
  tree.mkdir("link").symlink("../other", "link/sys");
  const auto before = everything_in(tree);
  for (const auto& [name, why] : {std::pair{"full", "is not empty"},
                                  {"file", "is not a directory"},
                                  {"link", "is a symbolic link"},
                                  {"missing", "No such file"}}) {
    CAPTURE(name);
    const auto identity = TreeIdentity::give(Vm{}, tree.path(name));
    REQUIRE_FALSE(identity);
    CHECK_MESSAGE(identity.error().find(why) != std::string::npos, identity.error());
  }
  const auto live = TreeIdentity::give(Vm{}, "/");
  REQUIRE_FALSE(live);
  CHECK(live.error().find("running system") != std::string::npos);
  CHECK(everything_in(tree) == before);
}

}  // namespace
}  // namespace azl::platform
