#include "provision/engine/stage_run.h"

#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include "tests/unit/provision/azure_firmware.h"
#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

/// A Bench whose VM was provisioned by WALinuxAgent.
struct AdoptedBench : Bench {
  AdoptedBench() {
    azure(tree);
    tree.write("var/lib/waagent/provisioned", std::string(kVm) + "\n");
    tree.write("sys/class/dmi/id/product_uuid", std::string(kVm) + "\n");
  }
  int run(std::vector<Stage> stages = {}) {
    return azl::provision::run({.root = tree.path(),
                                .stages = std::move(stages),
                                .media = {},
                                .imds_url = {},
                                .wireserver_url = {}},
                               clock, processes, http, progress);
  }
  ShownProgress progress;
};

}  // namespace

TEST_CASE("only the command line gives a tree its sources") {
  TemporaryTree tree;
  tree.write("etc/azl-provision/azl-provision.conf",
             "[Platform]\nImdsUrl=http://a\nWireServerUrl=http://b\nMediaPath=/c\n");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  const auto from_file = effective_config(*root, {});
  CHECK(from_file.platform.imds_url.empty());
  CHECK(from_file.platform.wireserver_url.empty());
  CHECK(from_file.platform.media_path.empty());
  CHECK(from_file.warnings.size() == 3);
  const auto given = effective_config(*root, {.root = "/",
                                              .stages = {},
                                              .media = "/m",
                                              .imds_url = "http://i",
                                              .wireserver_url = "http://w"});
  CHECK(given.platform.imds_url == "http://i");
  CHECK(given.platform.wireserver_url == "http://w");
  CHECK(given.platform.media_path == "/m");
}

TEST_CASE("a run on a machine that is not an Azure VM changes nothing") {
  AdoptedBench bench;
  bench.tree.write("sys/class/dmi/id/chassis_asset_tag", "QEMU\n");
  const auto before = snapshot(bench.tree.path());
  CHECK(bench.run() == kExitNotHere);
  CHECK(snapshot(bench.tree.path()) == before);
  CHECK(bench.progress.shown.empty());
}

TEST_CASE("systemd's service result tells whether the main stage ended by itself or was killed") {
  CHECK(ended_by_itself("success", "0"));
  CHECK(ended_by_itself("signal", "TERM"));  // a shutdown
  CHECK_FALSE(ended_by_itself("signal", "KILL"));
  CHECK_FALSE(ended_by_itself("timeout", "TERM"));
  CHECK_FALSE(ended_by_itself("oom-kill", "KILL"));
  CHECK_FALSE(ended_by_itself("core-dump", "ABRT"));
  // The stage may have reported its outcome or thrown an exception. Its record shows which.
  CHECK_FALSE(ended_by_itself("exit-code", "1"));
}

TEST_CASE(
    "a run saves a record for each stage that had work, and a run on the next boot saves none") {
  AZL_NEEDS_ROOT();
  AdoptedBench bench;
  CHECK(bench.run() == kExitDone);
  auto boots = load_boots(bench.root);
  REQUIRE(boots.size() == 1);
  CHECK(boots[0].boot_id == "boot-1");
  REQUIRE(boots[0].stages.size() == 2);  // the report stage had nothing to do
  CHECK(boots[0].stages[0].stage == Stage::kLocal);
  CHECK(boots[0].stages[1].stage == Stage::kMain);
  CHECK(boots[0].stages[1].course == "adopted");
  CHECK(boots[0].stages[1].outcome == StageOutcome::kReady);
  CHECK(boots[0].stages[1].exit_status == 0);
  CHECK(boots[0].stages[1].root == bench.tree.path());
  CHECK(boots[0].stages[1].since_boot_us == 0);
  CHECK_FALSE(bench.tree.exists("run/azl-provision/main.json"));
  CHECK(bench.tree.mode("run/azl-provision") == 0700);

  bench.tree.write("proc/sys/kernel/random/boot_id", "boot-2\n");
  const auto shown = bench.progress.shown.size();
  CHECK(bench.run() == kExitDone);
  CHECK(bench.progress.shown.size() == shown);
  CHECK(load_boots(bench.root).size() == 1);
  CHECK(bench.http.requests().empty());
}

TEST_CASE("an unreadable state gives a warning, and the VM is provisioned like a new one") {
  AZL_NEEDS_ROOT();
  AdoptedBench bench;
  bench.tree.write("var/lib/azl-provision/state.json", "garbage");
  CHECK(bench.run({Stage::kMain}) == kExitDegraded);
  const auto state = load_state(bench.root);
  REQUIRE(state);
  CHECK(state->provisioned.has_value());
  CHECK(bench.run({Stage::kMain}) == kExitDegraded);  // provisioned already, but with a warning
}

TEST_CASE("a failed run exits with 1, and the next run tries again") {
  AZL_NEEDS_ROOT();
  AdoptedBench bench;
  std::filesystem::remove_all(bench.tree.path("var/lib/waagent"));
  CHECK(bench.run({Stage::kMain}) == kExitFailed);
  const auto shown = bench.progress.shown.size();
  CHECK(bench.run({Stage::kMain}) == kExitFailed);
  CHECK(bench.progress.shown.size() == 2 * shown);
  const auto boots = load_boots(bench.root);
  REQUIRE(boots.size() == 1);
  CHECK(boots[0].stages.back().outcome == StageOutcome::kFailed);
}

TEST_CASE("a second run of a stage waits for the first, and gives up after 65 minutes") {
  AZL_NEEDS_ROOT();
  AdoptedBench bench;
  bench.tree.write("run/azl-provision/main.lock", "4711\n");
  const azl::UniqueFd lock(
      ::open(bench.tree.path("run/azl-provision/main.lock").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
  CHECK(bench.run({Stage::kMain}) == kExitFailed);
  CHECK(bench.clock.passed() >= std::chrono::minutes(65));
  CHECK(bench.clock.passed() < std::chrono::minutes(66));
  CHECK(bench.progress.shown.empty());
  CHECK(bench.run({Stage::kLocal}) == kExitDone);  // each stage has its own lock
  REQUIRE(::flock(lock.get(), LOCK_UN) == 0);
  CHECK(bench.run({Stage::kMain}) == kExitDone);
}
