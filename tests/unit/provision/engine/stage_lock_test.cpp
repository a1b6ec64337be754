#include "provision/engine/stage_lock.h"

#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/provision/accounts/account_tree.h"

using namespace azl::provision;

TEST_CASE("a lock holds the process's number and is private") {
  azl::test::AccountTree tree;
  const auto root = tree.root();
  azl::test::FakeClock clock;
  const auto lock = lock_stage(root, Stage::kDisks, clock);
  REQUIRE(lock);
  CHECK(tree.read("run/azl-provision/disks.lock") == std::to_string(getpid()) + "\n");
  CHECK(tree.mode("run/azl-provision/disks.lock") == 0600);
  CHECK(tree.mode("run/azl-provision") == 0700);
}

TEST_CASE("a program that the holder of a lock started does not wait for it") {
  azl::test::AccountTree tree;
  const auto root = tree.root();
  azl::test::FakeClock clock;
  const auto lock = lock_stage(root, Stage::kCustomData, clock);
  REQUIRE(lock);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // The grandchild: the holder started it through another program.
    if (const pid_t parent = fork(); parent != 0) {
      int status = 1;
      waitpid(parent, &status, 0);
      _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    const auto second = lock_stage(root, Stage::kCustomData, clock);
    const bool refused = !second && second.error().reason() == azl::Reason::kLocked;
    const bool knows = is_started_by_stage(root, Stage::kCustomData) &&
                       !is_started_by_stage(root, Stage::kCustomDataEarly);
    _exit(refused && knows && clock.sleeps().empty() ? 0 : 2);
  }
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK_FALSE(is_started_by_stage(root, Stage::kCustomData));
}

TEST_CASE("a link in place of a lock is not followed") {
  for (const Stage stage : {Stage::kLocal, Stage::kMain, Stage::kClose, Stage::kDisks}) {
    azl::test::AccountTree tree;
    const std::string name(to_string(stage == Stage::kClose ? Stage::kMain : stage));
    CAPTURE(name);
    tree.write("etc/victim", "content")
        .symlink("/etc/victim", "run/azl-provision/" + name + ".lock");
    const auto root = tree.root();
    azl::test::FakeClock clock;
    const auto lock = lock_stage(root, stage, clock);
    CHECK_FALSE(lock);
    CHECK(tree.read("etc/victim") == "content");
    // Nor is a file made at the end of the link.
    tree.plant("/etc/new", "run/azl-provision/" + name + ".lock");
    CHECK_FALSE(lock_stage(root, stage, clock));
    CHECK_FALSE(tree.exists("etc/new"));
  }
}

TEST_CASE("the stages that ran are held, one that runs is named, and no lock is made") {
  azl::test::AccountTree tree;
  const auto root = tree.root();
  azl::test::FakeClock clock;
  REQUIRE(hold_stages(root));
  CHECK(hold_stages(root)->empty());
  {
    const auto lock = lock_stage(root, Stage::kDisks, clock);
    REQUIRE(lock);
    const auto held = hold_stages(root);
    REQUIRE_FALSE(held);
    CHECK(held.error().reason() == azl::Reason::kLocked);
    CHECK(held.error().to_string().find("stage disks is running (process " +
                                        std::to_string(getpid())) != std::string::npos);
  }
  const auto held = hold_stages(root);
  REQUIRE(held);
  CHECK(held->size() == 1);
  CHECK_FALSE(tree.exists("run/azl-provision/main.lock"));
}
