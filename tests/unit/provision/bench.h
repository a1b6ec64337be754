// A fake machine on which a test runs a stage. The test decides what tools and the platform answer.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "provision/engine/run_data.h"
#include "provision/engine/step_runner.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"
#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/samples.h"

namespace azl::test {

/// An Azure VM on which every tool fails and every HTTP request is refused.
struct Bench {
  AccountTree tree;
  Root root = tree.root();
  FakeClock clock;
  PlayedProcesses processes{[](const Command& command) -> Result<ProcessOutput> {
    return fail(Reason::kToolFailed, command.argv.front() + " exited with status 1");
  }};
  ScriptedHttp http{clock, {no_answer(Reason::kImdsConnect, "refused")}};

  /// A run of a stage on this machine, before its first step.
  [[nodiscard]] std::unique_ptr<provision::StageRun> run(provision::Stage stage,
                                                         const provision::Config& config = {},
                                                         bool resumed = false) {
    provision::StageRecord record;
    record.stage = stage;
    record.boot_id = "boot-1";
    record.vm_id = kVm;
    return std::make_unique<provision::StageRun>(
        provision::Machine{root, clock, processes, http},
        provision::RunStart{
            .stage = stage,
            .config = config,
            .identity = {.platform = imds::Platform::kAzure, .vm_id = kVm, .why = {}},
            .record = std::move(record),
            .resumed = resumed});
  }
};

/// Records what an observer of the steps is shown.
class ShownProgress final : public provision::StepObserver {
 public:
  void on_begin(const provision::StepRecord& step) override {
    shown.push_back("begin " + step.name + " " + std::string(to_string(step.outcome)));
  }
  void on_end(const provision::StepRecord& step) override {
    shown.push_back("end " + step.name + " " + std::string(to_string(step.outcome)));
  }
  std::vector<std::string> shown;
};

/// "name outcome" of each step, in order.
inline std::vector<std::string> steps_of(const provision::StageRecord& record) {
  std::vector<std::string> words;
  for (const auto& step : record.steps)
    words.push_back(step.name + " " + std::string(to_string(step.outcome)));
  return words;
}

/// "severity step" of each finding, in order.
inline std::vector<std::string> findings_of(const provision::StageRecord& record) {
  std::vector<std::string> words;
  for (const auto& finding : record.findings)
    words.push_back(std::string(to_string(finding.severity)) + " " + finding.step);
  return words;
}

}  // namespace azl::test
