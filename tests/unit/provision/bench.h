// A fake machine with a Boot on it: a tree, a clock, and tools and a platform that a test plays.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "provision/engine/boot.h"
#include "provision/engine/step_table.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"
#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/samples.h"

namespace azl::test {

/// A tree of an Azure VM in which every tool fails and nobody answers.
struct Bench {
  AccountTree tree;
  Root root = tree.root();
  FakeClock clock;
  PlayedProcesses processes{[](const Command& command) -> Result<ProcessOutput> {
    return fail(Reason::kToolFailed, command.argv.front() + " exited with status 1");
  }};
  ScriptedHttp http{clock, {no_answer(Reason::kImdsConnect, "refused")}};

  [[nodiscard]] provision::Boot boot(provision::Stage stage) {
    provision::Boot boot{.machine = {root, clock, processes, http},
                         .stage = stage,
                         .config = {},
                         .facts = {},
                         .plan = {},
                         .state = {},
                         .record = {},
                         .attempts = {},
                         .tools = {},
                         .host_keys = {},
                         .ovf_text = {},
                         .media_device = {},
                         .wireserver_url = {},
                         .account = {},
                         .failure = {}};
    boot.facts.identity.platform = imds::Platform::kAzure;
    boot.facts.identity.vm_id = kVm;
    boot.record.stage = to_string(stage);
    boot.record.boot_id = "boot-1";
    boot.record.vm_id = kVm;
    return boot;
  }
};

/// What was shown while steps ran.
class ShownProgress final : public provision::Progress {
 public:
  void begin(const provision::StepRecord& step) override {
    shown.push_back("begin " + step.name + " " + step.outcome);
  }
  void end(const provision::StepRecord& step) override {
    shown.push_back("end " + step.name + " " + step.outcome);
  }
  std::vector<std::string> shown;
};

/// "name outcome" of each step, in order.
inline std::vector<std::string> steps_of(const provision::StageRecord& record) {
  std::vector<std::string> words;
  for (const auto& step : record.steps) words.push_back(step.name + " " + step.outcome);
  return words;
}

/// "severity step" of each finding, in order.
inline std::vector<std::string> findings_of(const provision::StageRecord& record) {
  std::vector<std::string> words;
  for (const auto& finding : record.findings)
    words.push_back(finding.severity + " " + finding.step);
  return words;
}

}  // namespace azl::test
