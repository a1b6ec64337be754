#include "provision/gather/tree.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/gather/tree_files.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("gather_tree reads accounts, names and services") {
  TemporaryTree tree;
  tree.write("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/bash\n")
      .write("etc/group", "wheel:x:10:\n")
      .write("etc/hostname", "  web-1 \nsecond\n")
      .write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
      .write("etc/ssh/sshd_config", "")
      .mkdir("etc/sudoers.d");
  Facts facts;
  REQUIRE(gather_tree(root_of(tree), {}, facts));
  CHECK(facts.accounts.find("ann") != nullptr);
  CHECK(facts.accounts.has_group("wheel"));
  CHECK(facts.hostname == "web-1");
  CHECK(facts.machine_id == "0123456789abcdef0123456789abcdef");
  CHECK(facts.has_sshd);
  CHECK(facts.has_sudo);
  CHECK(facts.missing_shells == std::vector<std::string>{"/bin/bash", "/bin/sh"});
  tree.write("bin/bash", "");
  REQUIRE(gather_tree(root_of(tree), {}, facts));
  CHECK(facts.has_shell("/bin/bash"));
  CHECK(facts.unrunnable_shells == std::vector<std::string>{"/bin/bash"});
  std::filesystem::permissions(tree.path("bin/bash"), std::filesystem::perms(0755));
  REQUIRE(gather_tree(root_of(tree), {}, facts));
  CHECK(facts.can_run_shell("/bin/bash"));
  CHECK_FALSE(facts.has_shell("/bin/sh"));
}

TEST_CASE("a machine id is new if its file is not older than the boot") {
  TemporaryTree tree;
  tree.write("etc/passwd", "").write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  const auto is_new = [&] {
    Facts facts;
    REQUIRE(gather_tree(root_of(tree), {}, facts));
    return facts.machine_id_is_new;
  };
  CHECK_FALSE(is_new());  // a tree that was not started
  const auto file = root_of(tree).stat("/etc/machine-id");
  REQUIRE(file);
  REQUIRE(*file);
  const auto written = (*file)->modified_s;
  tree.write("proc/stat", "cpu 1 2\nintr 5\nbtime " + std::to_string(written) + "\n");
  CHECK(is_new());
  tree.write("proc/stat", "btime " + std::to_string(written + 1) + "\n");
  CHECK_FALSE(is_new());
  tree.write("proc/stat", "btime x\n");
  CHECK_FALSE(is_new());
}

TEST_CASE(
    "gather_tree sees what locks a user out: /etc/nologin, an expiry, a shell that is a "
    "directory") {
  TemporaryTree tree;
  tree.write("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/bash\n");
  Facts facts;
  REQUIRE(gather_tree(root_of(tree), {}, facts));
  CHECK_FALSE(facts.has_nologin);
  CHECK(facts.ageings.empty());
  tree.write("etc/nologin", "").mkdir("bin/bash");
  tree.write("etc/shadow", "ann:!:19000:0:90:7:35:19500:\n");
  REQUIRE(gather_tree(root_of(tree), {}, facts));
  CHECK(facts.has_nologin);
  CHECK_FALSE(facts.can_run_shell("/bin/bash"));
  const auto* ageing = find_ageing(facts.ageings, "ann");
  REQUIRE(ageing != nullptr);
  CHECK(ageing->expires == 19500);
}

TEST_CASE("gather_tree leaves facts empty that the tree does not have") {
  for (const std::string machine_id : {"", "uninitialized\n"}) {
    CAPTURE(machine_id);
    TemporaryTree tree;
    tree.write("etc/passwd", "").write("etc/machine-id", machine_id);
    Facts facts;
    REQUIRE(gather_tree(root_of(tree), {}, facts));
    CHECK(facts.hostname.empty());
    CHECK(facts.machine_id.empty());
    CHECK_FALSE(facts.has_sshd);
    CHECK_FALSE(facts.has_sudo);
  }
  const TemporaryTree empty;
  Facts facts;
  CHECK_FALSE(
      gather_tree(root_of(empty), {}, facts));  // an error, because every plan needs the accounts
}
