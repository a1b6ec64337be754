// run_steps: what a step records, and how a failed step changes the rest of the run.
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

/// A run of the local stage with `media` as its ovf-env.xml.
auto local_run(Bench& bench, const std::string& media) {
  bench.tree.write("ovf-env.xml", media);
  Config config;
  config.platform.media_path = bench.tree.path("ovf-env.xml");
  return bench.run(Stage::kLocal, config);
}

}  // namespace

TEST_CASE("the local stage reads the media and sets the host name that the media gives") {
  Bench bench;
  auto run = local_run(bench, kMedia);
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"media done", "hostname done"});
  CHECK(progress.shown == Words{"begin media running", "end media done", "begin hostname running",
                                "end hostname done"});
  CHECK(bench.tree.read("etc/hostname") == "media-1\n");
  CHECK(run->record.hostname == "media-1");
  CHECK(run->record.steps[1].why == "'media-1' (HostName in ovf-env.xml)");
  CHECK(findings_of(run->record) == Words{});
  // A second run changes nothing.
  auto again = local_run(bench, kMedia);
  run_steps(*again, progress);
  CHECK(steps_of(again->record) == Words{"media done", "hostname unchanged"});
}

TEST_CASE("a failed source is recorded without a finding, because the plan decides what it means") {
  Bench bench;
  auto run = local_run(bench, "no XML");
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"media failed", "hostname skipped"});
  CHECK(findings_of(run->record) == Words{});
  CHECK_FALSE(run->progress.failure);
  REQUIRE(run->facts.ovf_error);
  CHECK(run->record.steps[0].why == run->facts.ovf_error->to_string());
}

TEST_CASE("a degraded step gives a finding, and the boot continues") {
  Bench bench;
  bench.tree.mkdir("etc/hostname/in-the-way");
  auto run = local_run(bench, kMedia);
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"media done", "hostname failed"});
  CHECK(findings_of(run->record) == Words{"degraded hostname"});
  CHECK_FALSE(run->progress.failure);
  CHECK(run->record.steps[1].why.find("/etc/hostname") != std::string::npos);
}

TEST_CASE("a stage without due steps records no step") {
  Bench bench;
  auto run = bench.run(Stage::kMain);
  run->state.vm_id = kVm;
  run->state.provisioned.emplace();
  run->facts.state = run->state;
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(run->record.steps.empty());
  CHECK(bench.processes.commands.empty());
  CHECK(bench.http.requests().empty());
}

TEST_CASE("a fatal step stops provisioning, closes the machine and is reported") {
  Bench bench;
  auto run = bench.run(Stage::kMain);  // neither media nor IMDS
  ShownProgress progress;
  run_steps(*run, progress);
  INFO(to_json(run->record));
  CHECK(steps_of(run->record) == Words{"media skipped", "keygen done", "lease skipped",
                                       "proxy-agent skipped", "imds skipped", "late-media skipped",
                                       "decide failed", "host-keys failed", "sshd done",
                                       "kvp failed", "health skipped"});
  // Only the first failure is reported as fatal.
  CHECK(findings_of(run->record) ==
        Words{"fatal decide", "degraded host-keys",
              "degraded sshd",  // sshd has no host key, so it cannot be queried
              "note kvp"});
  CHECK(bench.tree.read("etc/ssh/sshd_config.d/00-azl-provision-closed.conf")
            .find("\nPasswordAuthentication no\n") != std::string::npos);
  REQUIRE(run->progress.failure);
  CHECK(run->progress.failure->reason() == Reason::kImdsConnect);
  CHECK(run->record.course == "refused");
  REQUIRE(run->record.told.size() == 2);
  CHECK(run->record.told[0].channel == "KVP");
  CHECK(run->record.told[1].channel == "health");
  for (const auto& told : run->record.told) {
    CHECK(told.what == "NotReady");
    CHECK_FALSE(told.delivered);
  }
  CHECK(
      run->record.told[1].description.starts_with("azl-provision: there is no provisioning media"));
  CHECK_FALSE(bench.tree.exists("var/lib/waagent"));
  CHECK_FALSE(run->state.provisioned);
}

TEST_CASE("a tree that cannot be read is a failure, and the failure is reported") {
  Bench bench;
  std::filesystem::remove(bench.tree.path("etc/passwd"));
  auto run = bench.run(Stage::kMain);
  ShownProgress progress;
  run_steps(*run, progress);
  REQUIRE(run->progress.failure);
  CHECK(run->progress.failure->chain().front() == "reading the accounts");
  CHECK(run->record.told.size() == 2);
  CHECK_FALSE(run->state.provisioned);
}

TEST_CASE(
    "a VM that another agent provisioned is remembered as provisioned, and not reported again") {
  Bench bench;
  Config config;
  config.platform.wireserver_url = "http://127.0.0.1";
  auto run = bench.run(Stage::kMain, config);
  run->facts.provisioned_by = OtherAgent{"WALinuxAgent", "/var/lib/waagent/provisioned"};
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(azl::join(steps_of(run->record), ", ") ==
        "decide done, sshd unchanged, hand-over skipped, remember done, eject skipped");
  CHECK_FALSE(run->progress.failure);
  CHECK(run->record.told.empty());
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

TEST_CASE("a step's record lists the programs that it ran, with their times") {
  Bench bench;
  auto run = bench.run(Stage::kMain);
  run->record.steps.push_back(step_record("user", StepOutcome::kRunning));
  PlayedProcesses played([](const Command& command) -> Result<ProcessOutput> {
    if (command.argv.front() == "missing")
      return azl::fail(Reason::kToolMissing, "no such program");
    if (command.argv.front() == "bad") return azl::fail(Reason::kToolFailed, "status 1");
    ProcessOutput output;
    output.wall = std::chrono::milliseconds(3);
    output.cpu = std::chrono::milliseconds(2);
    return output;
  });
  azl::provision::RecordingProcesses recording(played, run->recorder);
  const Deadline deadline(bench.clock, std::chrono::seconds(1));
  CHECK(recording.run({.argv = {"useradd", "-m"}}, deadline));
  CHECK_FALSE(recording.run({.argv = {"bad"}}, deadline));
  CHECK_FALSE(recording.run({.argv = {"missing"}}, deadline));
  const auto& tools = run->record.steps.back().tools;
  REQUIRE(tools.size() == 2);
  CHECK(tools[0].program == "useradd");
  CHECK(tools[0].wall_us == 3000);
  CHECK(tools[0].cpu_us == 2000);
  CHECK(tools[0].ok);
  CHECK(tools[1].program == "bad");
  CHECK_FALSE(tools[1].ok);
}
