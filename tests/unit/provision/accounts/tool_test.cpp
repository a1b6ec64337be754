#include "provision/accounts/tool.h"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/accounts/in_chroot.h"

namespace azl::provision {

using test::AccountTree;

TEST_CASE("files for a program are never in a tree") {
  AZL_NEEDS_ROOT();
  const AccountTree tree;
  const Root root = tree.root();
  const auto staging = make_staging(root);
  REQUIRE_MESSAGE(staging.has_value(), staging.error().to_string());
  CHECK(staging->path().starts_with("/run/azl-provision."));
  CHECK_FALSE(tree.exists("run/azl-provision"));
}

TEST_CASE("live, files for a program are in the runtime directory") {
  AZL_NEEDS_ROOT();
  const AccountTree tree;
  const std::string said = test::in_chroot(tree.path(), [] {
    const auto root = Root::open("/");
    const auto staging = make_staging(root.value());
    return staging ? staging->path() : staging.error().to_string();
  });
  CHECK(said.starts_with("/run/azl-provision/azl-provision."));
  CHECK(tree.mode("run/azl-provision") == 0700);
  CHECK(std::filesystem::is_empty(tree.path("run/azl-provision")));
}

TEST_CASE("a failed tool keeps its message, and a full disk its reason") {
  auto failed = fail_tool(Reason::kUser, Error(Reason::kToolFailed, "useradd ended with status 9"),
                          "running useradd");
  CHECK(failed.error().reason() == Reason::kUser);
  CHECK(failed.error().to_string() == "running useradd: useradd ended with status 9");
  const auto missing = fail_tool(Reason::kUser, Error(Reason::kToolMissing, "no useradd"));
  CHECK(missing.error().reason() == Reason::kUser);
  CHECK(missing.error().known_cause() == Cause::kUserToolMissing);
  const auto known = fail_tool(Reason::kHostKeys, Error(Cause::kHostKeyType, "dsa"));
  CHECK(known.error().known_cause() == Cause::kHostKeyType);
  auto full = fail_tool(Reason::kUser, Error(Reason::kDiskFull, "writing"));
  CHECK(full.error().reason() == Reason::kDiskFull);
}

}  // namespace azl::provision
