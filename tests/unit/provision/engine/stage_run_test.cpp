// Whether this agent acts at all, and what a run of stages leaves.
#include "provision/engine/stage_run.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kTag = "7783-7084-3265-9085-8269-3286-77\n";

/// What the firmware of a VM of generation 2 says.
void azure(TemporaryTree& tree) {
  tree.write("sys/class/dmi/id/chassis_asset_tag", kTag)
      .write("sys/class/dmi/id/product_uuid", std::string(kVmSwapped) + "\n")
      .mkdir("sys/firmware/efi")
      .write("proc/cmdline", "ro quiet\n")
      .write("proc/sys/kernel/osrelease", "6.12.0-1.azl4\n")
      .write("proc/sys/kernel/random/boot_id", "boot-1\n");
}

Gate gate_of(const TemporaryTree& tree) {
  auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  return check_gate(*root);
}

/// A Bench on which WALinuxAgent has provisioned this VM.
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

TEST_CASE("the gate is open on an Azure VM that nobody else provisions") {
  struct Row {
    std::string what;
    std::function<void(TemporaryTree&)> change;
    bool open;
    int status;
    std::string why;  ///< what the sentence holds
  };
  const auto cloud_init = [](TemporaryTree& tree) {
    tree.write("usr/lib/systemd/system/cloud-init-local.service", "")
        .symlink("/usr/lib/systemd/system/cloud-init-local.service",
                 "etc/systemd/system/cloud-init.target.wants/cloud-init-local.service");
  };
  const std::vector<Row> rows = {
      {"Azure", [](TemporaryTree&) {}, true, 0, ""},
      {"another platform",
       [](TemporaryTree& t) { t.write("sys/class/dmi/id/chassis_asset_tag", "No Asset Tag\n"); },
       false, 3, "nothing to do: the chassis asset tag 'No Asset Tag' is not Azure's"},
      {"no firmware", [](TemporaryTree& t) { std::filesystem::remove_all(t.path("sys")); }, false,
       3, "nothing to do: there is no chassis asset tag"},
      {"WSL",
       [](TemporaryTree& t) {
         std::filesystem::remove_all(t.path("sys"));
         t.write("proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n");
       },
       false, 0, "not applicable: the kernel "},
      {"a container on Azure", [](TemporaryTree& t) { t.write("run/systemd/container", "podman"); },
       false, 3, "nothing to do: this is a container"},
      {"switched off on the command line",
       [](TemporaryTree& t) { t.write("proc/cmdline", "ro azl-provision.provision=no\n"); }, false,
       3, "switched off by azl-provision.provision=no"},
      {"switched off by its file",
       [](TemporaryTree& t) { t.write("etc/azl-provision/disabled", ""); }, false, 3,
       "switched off by /etc/azl-provision/disabled"},
      {"cloud-init is enabled too", cloud_init, false, 3, "cloud-init is enabled too"},
      {"cloud-init is switched off",
       [&](TemporaryTree& t) {
         cloud_init(t);
         t.write("proc/cmdline", "cloud-init=disabled\n");
       },
       true, 0, ""},
      {"no command line to be seen",
       [](TemporaryTree& t) { std::filesystem::remove(t.path("proc/cmdline")); }, true, 0, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TemporaryTree tree;
    azure(tree);
    row.change(tree);
    const auto gate = gate_of(tree);
    CHECK(gate.open == row.open);
    if (!row.open) CHECK(gate.exit_status == row.status);
    CHECK(gate.why.empty() == row.open);
    CHECK_MESSAGE(gate.why.starts_with(row.why), gate.why);
  }
}

TEST_CASE("the gate knows the VM") {
  TemporaryTree tree;
  azure(tree);
  CHECK(gate_of(tree).identity.vm_id == "527c2691-029f-fe4c-b1f4-a4da7ebac2cf");
  std::filesystem::remove_all(tree.path("sys/firmware"));  // generation 1
  CHECK(gate_of(tree).identity.vm_id == kVm);
}

TEST_CASE("the command line wins over the configuration") {
  TemporaryTree tree;
  tree.write("etc/azl-provision/azl-provision.conf",
             "[Platform]\nImdsUrl=http://a\nWireServerUrl=http://b\nMediaPath=/c\n");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  const auto from_file = effective_config(*root, {});
  CHECK(from_file.imds_url == "http://a");
  CHECK(from_file.wireserver_url == "http://b");
  CHECK(from_file.media_path == "/c");
  const auto overridden = effective_config(*root, {.root = "/",
                                                   .stages = {},
                                                   .media = "/m",
                                                   .imds_url = "http://i",
                                                   .wireserver_url = "http://w"});
  CHECK(overridden.imds_url == "http://i");
  CHECK(overridden.wireserver_url == "http://w");
  CHECK(overridden.media_path == "/m");
}

TEST_CASE("a run that is not for this machine touches nothing") {
  AdoptedBench bench;
  bench.tree.write("sys/class/dmi/id/chassis_asset_tag", "QEMU\n");
  const auto before = snapshot(bench.tree.path());
  CHECK(bench.run() == kExitNotHere);
  CHECK(snapshot(bench.tree.path()) == before);
  CHECK(bench.progress.shown.empty());
}

TEST_CASE("systemd's words tell a killed main stage from one that ended by itself or was stopped") {
  CHECK(ended_by_itself("success", "0"));
  CHECK(ended_by_itself("signal", "TERM"));  // a shutdown
  CHECK_FALSE(ended_by_itself("signal", "KILL"));
  CHECK_FALSE(ended_by_itself("timeout", "TERM"));
  CHECK_FALSE(ended_by_itself("oom-kill", "KILL"));
  CHECK_FALSE(ended_by_itself("core-dump", "ABRT"));
  // It may have told all by itself, or thrown: the record that is left, or not, says which.
  CHECK_FALSE(ended_by_itself("exit-code", "1"));
}

TEST_CASE("a run leaves a record for each stage that had something to do, and the next one none") {
  AZL_NEEDS_ROOT();
  AdoptedBench bench;
  CHECK(bench.run() == kExitDone);
  auto boots = load_boots(bench.root);
  REQUIRE(boots.size() == 1);
  CHECK(boots[0].boot_id == "boot-1");
  REQUIRE(boots[0].stages.size() == 2);  // nothing was left for the report stage
  CHECK(boots[0].stages[0].stage == "local");
  CHECK(boots[0].stages[1].stage == "main");
  CHECK(boots[0].stages[1].course == "adopted");
  CHECK(boots[0].stages[1].outcome == "ready");
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

TEST_CASE("a state that can't be read is a warning, and the VM is provisioned as if new") {
  AZL_NEEDS_ROOT();
  AdoptedBench bench;
  bench.tree.write("var/lib/azl-provision/state.json", "garbage");
  CHECK(bench.run({Stage::kMain}) == kExitDegraded);
  const auto state = load_state(bench.root);
  REQUIRE(state);
  CHECK(state->provisioned.has_value());
  CHECK(bench.run({Stage::kMain}) == kExitDegraded);  // it is done, with a warning
}

TEST_CASE("a failed boot ends with 1, and the next one tries again") {
  AZL_NEEDS_ROOT();
  AdoptedBench bench;
  std::filesystem::remove_all(bench.tree.path("var/lib/waagent"));
  CHECK(bench.run({Stage::kMain}) == kExitFailed);
  const auto shown = bench.progress.shown.size();
  CHECK(bench.run({Stage::kMain}) == kExitFailed);
  CHECK(bench.progress.shown.size() == 2 * shown);
  const auto boots = load_boots(bench.root);
  REQUIRE(boots.size() == 1);
  CHECK(boots[0].stages.back().outcome == "failed");
}

TEST_CASE("a second run of a stage waits for the first, and gives up after an hour") {
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
  CHECK(bench.run({Stage::kLocal}) == kExitDone);  // a lock for each stage
  REQUIRE(::flock(lock.get(), LOCK_UN) == 0);
  CHECK(bench.run({Stage::kMain}) == kExitDone);
}
