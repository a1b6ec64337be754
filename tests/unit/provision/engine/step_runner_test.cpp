// run_steps: what a step leaves, and how a failing one changes the rest of the boot.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using azl::Command;
using azl::Deadline;
using azl::ProcessOutput;
using azl::Reason;
using azl::Result;
using namespace azl::test;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kMedia =
    R"(<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1">)"
    R"(<ProvisioningSection xmlns="http://schemas.microsoft.com/windowsazure">)"
    "<LinuxProvisioningConfigurationSet><HostName>media-1</HostName>"
    "</LinuxProvisioningConfigurationSet></ProvisioningSection></Environment>";

/// The local stage with this media.
Boot local_boot(Bench& bench, const std::string& media) {
  bench.tree.write("ovf-env.xml", media);
  auto boot = bench.boot(Stage::kLocal);
  boot.config.platform.media_path = bench.tree.path("ovf-env.xml");
  return boot;
}

}  // namespace

TEST_CASE("the local stage reads the media and sets its host name") {
  Bench bench;
  auto boot = local_boot(bench, kMedia);
  ShownProgress progress;
  run_steps(boot, progress);
  CHECK(steps_of(boot.record) == Words{"media done", "hostname done"});
  CHECK(progress.shown == Words{"begin media running", "end media done", "begin hostname running",
                                "end hostname done"});
  CHECK(bench.tree.read("etc/hostname") == "media-1\n");
  CHECK(boot.record.hostname == "media-1");
  CHECK(boot.record.steps[1].why == "'media-1' (HostName in ovf-env.xml)");
  CHECK(findings_of(boot.record) == Words{});
  // Once more: nothing changes.
  auto again = local_boot(bench, kMedia);
  run_steps(again, progress);
  CHECK(steps_of(again.record) == Words{"media done", "hostname unchanged"});
}

TEST_CASE("a source that fails is the plan's to judge: recorded, no finding") {
  Bench bench;
  auto boot = local_boot(bench, "no XML");
  ShownProgress progress;
  run_steps(boot, progress);
  CHECK(steps_of(boot.record) == Words{"media failed", "hostname skipped"});
  CHECK(findings_of(boot.record) == Words{});
  CHECK_FALSE(boot.failure);
  REQUIRE(boot.facts.ovf_error);
  CHECK(boot.record.steps[0].why == boot.facts.ovf_error->to_string());
}

TEST_CASE("a degraded step is a finding, and the boot goes on") {
  Bench bench;
  bench.tree.mkdir("etc/hostname/in-the-way");
  auto boot = local_boot(bench, kMedia);
  ShownProgress progress;
  run_steps(boot, progress);
  CHECK(steps_of(boot.record) == Words{"media done", "hostname failed"});
  CHECK(findings_of(boot.record) == Words{"degraded hostname"});
  CHECK_FALSE(boot.failure);
  CHECK(boot.record.steps[1].why.find("/etc/hostname") != std::string::npos);
}

TEST_CASE("a stage with nothing due leaves no step") {
  Bench bench;
  auto boot = bench.boot(Stage::kMain);
  boot.state.vm_id = kVm;
  boot.state.provisioned.emplace();
  boot.facts.state = boot.state;
  ShownProgress progress;
  run_steps(boot, progress);
  CHECK(boot.record.steps.empty());
  CHECK(bench.processes.commands.empty());
  CHECK(bench.http.requests().empty());
}

TEST_CASE("a fatal step ends the provisioning, closes the machine, and is told") {
  Bench bench;
  auto boot = bench.boot(Stage::kMain);  // neither media nor IMDS
  ShownProgress progress;
  run_steps(boot, progress);
  INFO(to_json(boot.record));
  CHECK(steps_of(boot.record) == Words{"media skipped", "keygen done", "lease skipped",
                                       "proxy-agent skipped", "imds skipped", "late-media skipped",
                                       "decide failed", "host-keys failed", "sshd done",
                                       "kvp failed", "health skipped"});
  // One failure is told; the others are beside it.
  CHECK(findings_of(boot.record) == Words{"fatal decide", "degraded host-keys",
                                          "degraded sshd",  // no key, so it could not be asked
                                          "note kvp"});
  CHECK(bench.tree.read("etc/ssh/sshd_config.d/00-azl-provision-closed.conf")
            .find("\nPasswordAuthentication no\n") != std::string::npos);
  REQUIRE(boot.failure);
  CHECK(boot.failure->reason() == Reason::kImdsConnect);
  CHECK(boot.record.course == "refused");
  REQUIRE(boot.record.told.size() == 2);
  CHECK(boot.record.told[0].channel == "KVP");
  CHECK(boot.record.told[1].channel == "health");
  for (const auto& told : boot.record.told) {
    CHECK(told.what == "NotReady");
    CHECK_FALSE(told.delivered);
  }
  CHECK(
      boot.record.told[1].description.starts_with("azl-provision: there is no provisioning media"));
  CHECK_FALSE(bench.tree.exists("var/lib/waagent"));
  CHECK_FALSE(boot.state.provisioned);
}

TEST_CASE("a tree that can't be read is a failure, and is told") {
  Bench bench;
  std::filesystem::remove(bench.tree.path("etc/passwd"));
  auto boot = bench.boot(Stage::kMain);
  ShownProgress progress;
  run_steps(boot, progress);
  REQUIRE(boot.failure);
  CHECK(boot.failure->chain().front() == "reading the accounts");
  CHECK(boot.record.told.size() == 2);
  CHECK_FALSE(boot.state.provisioned);
}

TEST_CASE("what another agent provisioned is remembered, and nobody is told again") {
  Bench bench;
  auto boot = bench.boot(Stage::kMain);
  boot.facts.provisioned_by = OtherAgent{"WALinuxAgent", "/var/lib/waagent/provisioned"};
  boot.wireserver_url = "http://127.0.0.1";
  boot.config.platform.wireserver_url = boot.wireserver_url;
  ShownProgress progress;
  run_steps(boot, progress);
  CHECK(azl::join(steps_of(boot.record), ", ") ==
        "decide done, sshd unchanged, hand-over skipped, remember done, eject skipped");
  CHECK_FALSE(boot.failure);
  CHECK(boot.record.told.empty());
  CHECK(bench.http.requests().empty());
  const auto state = load_state(bench.root);
  REQUIRE(state);
  REQUIRE(state->provisioned);
  CHECK(state->provisioned->by == "WALinuxAgent");
  CHECK(state->provisioned->boot_id == "boot-1");
  CHECK(state->guest_agent);
  CHECK_FALSE(state->untold);
  CHECK_FALSE(state->begun);
}

TEST_CASE("a step's record has its times and the programs that it ran") {
  Bench bench;
  auto boot = bench.boot(Stage::kMain);
  boot.record.steps.push_back(step_record("user", "running"));
  PlayedProcesses played([](const Command& command) -> Result<ProcessOutput> {
    if (command.argv.front() == "missing")
      return azl::fail(Reason::kToolMissing, "no such program");
    if (command.argv.front() == "bad") return azl::fail(Reason::kToolFailed, "status 1");
    ProcessOutput output;
    output.wall = std::chrono::milliseconds(3);
    output.cpu = std::chrono::milliseconds(2);
    return output;
  });
  azl::provision::RecordingProcesses recording(played, boot.record);
  const Deadline deadline(bench.clock, std::chrono::seconds(1));
  CHECK(recording.run({.argv = {"useradd", "-m"}}, deadline));
  CHECK_FALSE(recording.run({.argv = {"bad"}}, deadline));
  CHECK_FALSE(recording.run({.argv = {"missing"}}, deadline));
  const auto& tools = boot.record.steps.back().tools;
  REQUIRE(tools.size() == 2);
  CHECK(tools[0].program == "useradd");
  CHECK(tools[0].wall_us == 3000);
  CHECK(tools[0].cpu_us == 2000);
  CHECK(tools[0].ok);
  CHECK(tools[1].program == "bad");
  CHECK_FALSE(tools[1].ok);
}
