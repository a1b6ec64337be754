#include "provision/image/check/fix_image.h"

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/unit/provision/gather/tree_files.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("a unit is enabled by a link, unless a preset disables it") {
  TemporaryTree tree;
  tree.write("usr/lib/systemd/system/azl-provision.target", "[Unit]\n");
  const CheckFinding finding = {.check = Check::kUnitDisabled, .name = "azl-provision.target"};
  auto fixes = fix_image(root_of(tree), {finding});
  REQUIRE(fixes.size() == 1);
  CHECK(fixes[0].error == "");
  CHECK(root_of(tree).exists("/etc/systemd/system/multi-user.target.wants/azl-provision.target"));

  auto by_preset = finding;
  by_preset.path = "/etc/systemd/system-preset/x.preset";
  fixes = fix_image(root_of(tree), {by_preset});
  REQUIRE(fixes.size() == 1);
  CHECK(!fixes[0].error.empty());
}

TEST_CASE("the link to a unit is made inside the tree, though a directory leads out of it") {
  TemporaryTree tree;
  const TemporaryTree outside;
  tree.write("usr/lib/systemd/system/azl-provision.target", "[Unit]\n");
  tree.symlink(outside.path(), "etc/systemd/system/multi-user.target.wants");
  (void)fix_image(root_of(tree), {{.check = Check::kUnitDisabled, .name = "azl-provision.target"}});
  CHECK(std::filesystem::is_empty(outside.path()));
}

TEST_CASE("state is removed with what is in it, and links are not followed") {
  TemporaryTree tree;
  const TemporaryTree outside;
  tree.write("var/lib/azl-provision/boots/1/main.json", "{}")
      .write("var/lib/azl-provision/programs", "x")
      .write("etc/passwd", "root")
      .symlink("/etc", "var/lib/azl-provision/boots/link")
      .symlink(outside.path(), "var/lib/azl-provision/disks.json");
  const auto fixes = fix_image(
      root_of(tree), {{.check = Check::kStaleState, .path = "/var/lib/azl-provision/boots"},
                      {.check = Check::kStaleState, .path = "/var/lib/azl-provision/disks.json"}});
  REQUIRE(fixes.size() == 2);
  for (const auto& fix : fixes) CHECK(fix.error == "");
  CHECK(!tree.exists("var/lib/azl-provision/boots"));
  CHECK(!tree.exists("var/lib/azl-provision/disks.json"));
  CHECK(tree.exists("var/lib/azl-provision/programs"));
  CHECK(tree.exists("etc/passwd"));
  CHECK(std::filesystem::exists(outside.path()));
}

TEST_CASE("a state directory that is a link is left alone") {
  TemporaryTree tree;
  tree.write("etc/keep/file", "x").symlink("/etc/keep", "var/lib/azl-provision");
  const auto fixes = fix_image(
      root_of(tree), {{.check = Check::kStaleState, .path = "/var/lib/azl-provision/file"}});
  REQUIRE(fixes.size() == 1);
  CHECK(!fixes[0].error.empty());
  CHECK(tree.exists("etc/keep/file"));
}

TEST_CASE("host keys and machine ids are removed once") {
  TemporaryTree tree;
  tree.write("etc/ssh/ssh_host_rsa_key", "x")
      .write("etc/ssh/ssh_host_rsa_key.pub", "x")
      .write("etc/ssh/ssh_host_ed25519_key", "x")
      .write("etc/ssh/sshd_config", "x")
      .write("etc/machine-id", "0123\n")
      .write("var/lib/dbus/machine-id", "0123\n");
  const auto fixes = fix_image(
      root_of(tree), {{.check = Check::kStaleHostKeys, .path = "/etc/ssh/ssh_host_ed25519_key"},
                      {.check = Check::kStaleHostKeys, .path = "/etc/ssh/ssh_host_rsa_key"},
                      {.check = Check::kStaleMachineId, .path = "/etc/machine-id"},
                      {.check = Check::kStaleMachineId, .path = "/var/lib/dbus/machine-id"}});
  CHECK(fixes.size() == 3);
  for (const auto& fix : fixes) CHECK(fix.error == "");
  CHECK(!tree.exists("etc/ssh/ssh_host_rsa_key"));
  CHECK(!tree.exists("etc/ssh/ssh_host_rsa_key.pub"));
  CHECK(tree.exists("etc/ssh/sshd_config"));
  CHECK(tree.read("etc/machine-id").empty());
  CHECK(!tree.exists("var/lib/dbus/machine-id"));
}

TEST_CASE("what is not safe is not repaired") {
  TemporaryTree tree;
  tree.write("etc/azl-provision/disabled", "");
  for (const auto& info : checks()) {
    if (info.fix.empty())
      CHECK(fix_image(root_of(tree), {{.check = info.check, .path = "/etc/azl-provision/disabled"}})
                .empty());
  }
  CHECK(tree.exists("etc/azl-provision/disabled"));
}
