#include "provision/accounts/tool.h"

#include <utility>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;

TEST_CASE("tree_path stays inside the tree, wherever links lead") {
  AccountTree tree;
  const test::TemporaryTree outside;
  tree.mkdir("real/ssh").symlink("/real", "absolute").symlink("../../../../real", "up");
  tree.symlink(outside.path(), "out");
  const Root root = tree.root();
  const auto at = [&root](std::string_view path) { return tree_path(root, path).value_or(""); };
  CHECK(at("/") == tree.path());
  CHECK(at("/real/ssh") == tree.path("real/ssh"));
  CHECK(at("/absolute/ssh") == tree.path("real/ssh"));
  CHECK(at("/up/ssh") == tree.path("real/ssh"));
  CHECK_FALSE(tree_path(root, "/out").has_value());
  CHECK_FALSE(tree_path(root, "/missing").has_value());
  CHECK_FALSE(tree_path(root, "/etc/passwd").has_value());
}

TEST_CASE("a staging directory starts empty with mode 0700 and is removed at the end") {
  AccountTree tree;
  tree.write("run/azl-provision/x/left", "over").mkdir("run/azl-provision/x/directory");
  tree.chmod_to("run/azl-provision/x", 0777);
  const Root root = tree.root();
  {
    auto staging = Staging::make(root, "/run/azl-provision/x");
    REQUIRE_MESSAGE(staging.has_value(), staging.error().to_string());
    CHECK(staging->path() == "/run/azl-provision/x");
    CHECK(staging->real_path() == tree.path("run/azl-provision/x"));
    CHECK(root.list("/run/azl-provision/x").value().empty());
    CHECK(tree.mode("run/azl-provision/x") == 0700);
    tree.write("run/azl-provision/x/key", "secret").mkdir("run/azl-provision/x/sshd");
    const Staging moved = std::move(*staging);
    CHECK(tree.exists("run/azl-provision/x/key"));
  }
  CHECK_FALSE(tree.exists("run/azl-provision/x"));
  CHECK(tree.mode("run/azl-provision") == 0755);  // it existed before
}

TEST_CASE("a link in place of a staging directory is replaced, and its target is not touched") {
  AccountTree tree;
  tree.write("precious/file", "x").symlink("/precious", "run/azl-provision/x");
  const Root root = tree.root();
  CHECK(Staging::make(root, "/run/azl-provision/x").has_value());
  CHECK(tree.read("precious/file") == "x");
  CHECK_FALSE(tree.exists("run/azl-provision/x"));
}

TEST_CASE("a failed tool keeps its message, and a full disk its reason") {
  auto failed = fail_tool(Reason::kUser, Error(Reason::kToolFailed, "useradd ended with status 9"),
                          "running useradd");
  CHECK(failed.error().reason() == Reason::kUser);
  CHECK(failed.error().to_string() == "running useradd: useradd ended with status 9");
  auto full = fail_tool(Reason::kUser, Error(Reason::kDiskFull, "writing"));
  CHECK(full.error().reason() == Reason::kDiskFull);
}

}  // namespace azl::provision
