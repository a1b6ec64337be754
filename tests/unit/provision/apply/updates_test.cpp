#include "provision/apply/updates.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/engine/step_table.h"
#include "tests/unit/provision/bench.h"

using namespace azl;
using namespace azl::provision;
using namespace azl::test;

namespace {

const PlannedUpdates kPlanned = {.program = "x",
                                 .settings = {"/etc/x/automatic.conf", "[commands]\n"},
                                 .timer = "x.timer",
                                 .enabled = {"x-lists.timer", "x.timer"},
                                 .schedule = "Sun 03:00",
                                 .why = "x installs updates"};
constexpr const char* kDropIn = "etc/systemd/system/x.timer.d/50-azl-provision.conf";

/// A machine on which the tools with one of these names fail.
struct Tools {
  std::vector<std::string> failing;
  std::vector<std::string> run;  ///< the command lines, joined by spaces

  Result<ProcessOutput> operator()(const Command& command) {
    std::string line;
    for (const auto& word : command.argv) line += (line.empty() ? "" : " ") + word;
    run.push_back(line);
    for (const auto& name : failing) {
      if (name == command.argv.front()) return fail(Reason::kToolFailed, name + " failed");
    }
    return ProcessOutput{};
  }
};

}  // namespace

TEST_CASE("settings and drop-in are written, and systemctl enables the timers of the tree") {
  Bench bench;
  Tools tools;
  bench.processes = PlayedProcesses([&](const Command& command) { return tools(command); });
  const auto run = bench.run(Stage::kMain);
  const auto result = enable_updates(run->context, kPlanned, run->recorder);
  REQUIRE(result);
  CHECK(result->outcome == StepOutcome::kDone);
  CHECK(result->why == "x installs updates");
  CHECK(bench.tree.read("etc/x/automatic.conf") == "[commands]\n");
  CHECK(bench.tree.read(kDropIn).contains("OnCalendar=Sun 03:00\n"));
  REQUIRE(tools.run.size() == 2);
  CHECK(tools.run[0] == "systemd-analyze calendar --iterations=0 -- Sun 03:00");
  CHECK(tools.run[1] == "systemctl --root=" + bench.root.directory() +
                            " --no-ask-password enable -- x-lists.timer x.timer");
  const auto again = enable_updates(run->context, kPlanned, run->recorder);
  REQUIRE(again);
  CHECK(again->outcome == StepOutcome::kUnchanged);
}

TEST_CASE("a schedule that systemd refuses is told, and the distribution's time stays") {
  Bench bench;
  Tools tools{.failing = {"systemd-analyze"}, .run = {}};
  bench.processes = PlayedProcesses([&](const Command& command) { return tools(command); });
  const auto run = bench.run(Stage::kMain);
  REQUIRE(enable_updates(run->context, kPlanned, run->recorder));
  REQUIRE(run->record.findings.size() == 1);
  CHECK(run->record.findings[0].severity == Severity::kDegraded);
  CHECK(bench.tree.read(kDropIn).contains("RandomizedDelaySec=1h"));
  CHECK_FALSE(bench.tree.read(kDropIn).contains("OnCalendar"));
}

TEST_CASE("a timer that cannot be enabled is an error with the reason updates") {
  Bench bench;
  Tools tools{.failing = {"systemctl"}, .run = {}};
  bench.processes = PlayedProcesses([&](const Command& command) { return tools(command); });
  const auto run = bench.run(Stage::kMain);
  const auto result = enable_updates(run->context, kPlanned, run->recorder);
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kUpdates);
}
