// A machine on which a test carries out single items of custom data.
#pragma once

#include <string>
#include <vector>

#include "base/text.h"
#include "provision/custom_data/run/system_run.h"
#include "tests/unit/provision/bench.h"

namespace azl::test {

/// An empty tree, in which each program succeeds unless the test says otherwise.
struct ItemMachine {
  TemporaryTree tree;
  Root root = Root::open(tree.path()).value();
  bool programs_fail = false;
  PlayedProcesses processes{[this](const Command& command) -> Result<ProcessOutput> {
    if (programs_fail)
      return fail(Reason::kToolFailed, command.argv.front() + " exited with status 1");
    return ProcessOutput{};
  }};
  FakeClock clock;
  ScriptedHttp http{clock, {}};
  provision::Config config;
  imds::Identity identity;
  provision::StageRecord record;
  provision::Recorder recorder{record};

  template <class Action>
  Result<std::string> carry_out(
      Result<std::string> (*function)(const provision::custom_data::SystemRun&, const Action&),
      const Action& action) {
    const provision::Context context{.machine = {root, clock, processes, http},
                                     .stage = provision::Stage::kCustomDataEarly,
                                     .config = config,
                                     .identity = identity};
    return function({.context = context, .primary_link = 2, .recorder = recorder}, action);
  }
  /// The command lines of the programs that ran.
  [[nodiscard]] std::vector<std::string> commands() const {
    std::vector<std::string> lines;
    for (const auto& argv : processes.commands) lines.push_back(join(argv, " "));
    return lines;
  }
};

}  // namespace azl::test
