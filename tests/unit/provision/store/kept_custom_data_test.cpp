#include "provision/store/kept_custom_data.h"

#include <array>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::provision {
namespace {

using azl::test::TemporaryTree;
using Strings = std::vector<std::string>;

mode_t mode_of(const Root& root, const std::string& path) {
  return root.stat(path).value().value().mode & 07777U;
}

TEST_CASE("the document and its scripts are readable by root only, and replace an earlier VM's") {
  const TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  const std::array first = {KeptScript{.name = "part-001", .text = "#!/bin/sh\n"},
                            KeptScript{.name = "runcmd", .text = "#!/bin/sh\ntrue\n"}};
  REQUIRE(keep_custom_data(root, "one", first));
  CHECK(root.read(kUserDataFile).value() == "one");
  CHECK(mode_of(root, std::string(kUserDataFile)) == 0600);
  CHECK(mode_of(root, std::string(kKeptScripts)) == 0700);
  CHECK(mode_of(root, std::string(kKeptScripts) + "/runcmd") == 0700);

  const std::array second = {KeptScript{.name = "part-002", .text = "#!/bin/sh\n"}};
  REQUIRE(keep_custom_data(root, "two", second));
  CHECK(root.read(kUserDataFile).value() == "two");
  CHECK(root.list(kKeptScripts).value() == Strings{"part-002"});

  CHECK(remove_kept_custom_data(root).value() ==
        Strings{std::string(kUserDataFile), std::string(kKeptScripts) + "/part-002"});
  CHECK(root.list(kInstanceDirectory).value().empty());
  CHECK(remove_kept_custom_data(root).value().empty());
}

TEST_CASE("what cloud-init left stays, but its link becomes a directory when copies are kept") {
  TemporaryTree tree;
  tree.write("var/lib/cloud/instances/i-1/user-data.txt", "cloud-init's");
  tree.symlink("/var/lib/cloud/instances/i-1", "var/lib/cloud/instance");
  const auto root = Root::open(tree.path()).value();
  CHECK(remove_kept_custom_data(root).value().empty());
  REQUIRE(make_instance_directory(root));
  CHECK(root.link_target(kInstanceDirectory));
  REQUIRE(keep_custom_data(root, "ours", {}));
  CHECK_FALSE(root.link_target(kInstanceDirectory));
  CHECK(root.read(kUserDataFile).value() == "ours");
  CHECK(root.read("/var/lib/cloud/instances/i-1/user-data.txt").value() == "cloud-init's");
}

TEST_CASE("a directory among the scripts stays, and hinders nothing") {
  TemporaryTree tree;
  tree.write("var/lib/cloud/instance/scripts/own/file", "x")
      .write("var/lib/cloud/instance/scripts/part-001", "#!/bin/sh\n");
  const auto root = Root::open(tree.path()).value();
  CHECK(remove_kept_custom_data(root).value() == Strings{std::string(kKeptScripts) + "/part-001"});
  CHECK(root.list(kKeptScripts).value() == Strings{"own"});
}

TEST_CASE("a link that leads nowhere becomes a directory") {
  TemporaryTree tree;
  tree.symlink("/var/lib/cloud/instances/gone", "var/lib/cloud/instance");
  const auto root = Root::open(tree.path()).value();
  REQUIRE(make_instance_directory(root));
  CHECK(root.stat(kInstanceDirectory).value()->is_directory());
}

}  // namespace
}  // namespace azl::provision
