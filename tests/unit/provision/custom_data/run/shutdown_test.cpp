#include "provision/custom_data/run/shutdown.h"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/bench.h"
#include "tests/unit/provision/custom_data/run/sample_items.h"

using namespace azl::provision;
using namespace azl::provision::custom_data;
using namespace azl::test;
using azl::Secret;

namespace {
using Words = std::vector<std::string>;
}  // namespace

TEST_CASE("a reboot that packages require is scheduled after everything else") {
  for (const bool works : {true, false}) {
    CAPTURE(works);
    Bench bench;
    if (works)
      bench.processes = PlayedProcesses([](const azl::Command&) -> azl::Result<azl::ProcessOutput> {
        return azl::ProcessOutput{};
      });
    auto run = bench.run(Stage::kCustomData);
    auto items = stored(run->identity.vm_id, script("runcmd", ItemPhase::kFinal));
    REQUIRE(store_items(run->context.root(), items));
    REQUIRE(keep_shutdown(run->context.root(), reboot_for_packages()));
    // A run of the live system takes up what a killed one has kept.
    run->custom_data.shutdown = find_kept_shutdown(run->context.root());
    ShownProgress progress;
    run_steps(*run, progress);
    CHECK_FALSE(find_kept_shutdown(run->context.root()).has_value());
    CHECK(steps_of(run->record) == Words{"early skipped", "read done", "lease skipped",
                                         "runcmd skipped", "erase done",
                                         works ? "reboot done" : "reboot failed"});
    REQUIRE(bench.processes.commands.size() == 1);
    const auto& command = bench.processes.commands[0];
    CHECK(Words(command.begin(), command.begin() + 4) == Words{"shutdown", "-r", "--", "+1"});
  }
}

TEST_CASE("the machine goes down once, after everything is erased, as power_state asks") {
  struct {
    PowerMode mode;
    std::uint32_t minutes;
    Words command;
    std::string why;
  } const rows[] = {
      {PowerMode::kReboot, 0, {"shutdown", "-r", "--", "now", "-c bye"}, "reboot now"},
      {PowerMode::kPoweroff, 5, {"shutdown", "-P", "--", "+5", "-c bye"}, "poweroff in 5 min"},
      {PowerMode::kHalt, 1, {"shutdown", "-H", "--", "+1", "-c bye"}, "halt in 1 min"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    Bench bench;
    bench.processes = PlayedProcesses([](const azl::Command&) -> azl::Result<azl::ProcessOutput> {
      return azl::ProcessOutput{};
    });
    auto run = bench.run(Stage::kCustomData);
    CHECK(schedule_shutdown(run->context,
                            {.mode = row.mode, .minutes = row.minutes, .message = "-c bye"})
              .value()
              .why == row.why);
    REQUIRE(bench.processes.commands.size() == 1);
    CHECK(bench.processes.commands[0] == row.command);
  }
}

TEST_CASE("a shutdown is kept as it is, also with a message that is no valid UTF-8") {
  TemporaryTree tree;
  const auto root = azl::Root::open(tree.path()).value();
  CHECK_FALSE(find_kept_shutdown(root).has_value());
  const Shutdown shutdown{
      .mode = PowerMode::kHalt, .minutes = 7, .message = "cut \xC3", .why = "of a test"};
  REQUIRE(keep_shutdown(root, shutdown));
  const auto kept = find_kept_shutdown(root);
  REQUIRE(kept.has_value());
  CHECK((kept->mode == PowerMode::kHalt));
  CHECK(kept->minutes == 7);
  CHECK(kept->message == shutdown.message);
  CHECK(kept->why == shutdown.why);
  for (const auto* text : {"", "{", "{}", R"({"kind": "change-power", "mode": "dance"})",
                           R"({"kind": "print-message", "text": ""})"}) {
    CAPTURE(text);
    tree.write("run/azl-provision/custom-data-shutdown", text);
    CHECK_FALSE(find_kept_shutdown(root).has_value());
  }
}
