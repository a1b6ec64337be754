#include "provision/report/boot_list.h"

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "tests/unit/provision/report/report_samples.h"

using namespace azl::provision;
using namespace azl::test;
using enum Stage;
using enum StageOutcome;
using Json = nlohmann::json;

namespace {

std::string list(const ReportInputs& inputs, int width = std::numeric_limits<int>::max()) {
  return describe_boots(inputs, {.width = width});
}

StageRecord stage_of(Stage stage, StageOutcome outcome, const char* vm_id = kVm) {
  auto record = stage_record(stage, outcome);
  record.vm_id = vm_id;
  record.took_us = 5;
  return record;
}

std::vector<std::string> outcomes(const ReportInputs& inputs) {
  const auto json = Json::parse(boots_to_json(inputs));
  std::vector<std::string> words;
  for (const auto& boot : json.at("boots")) words.push_back(boot.at("outcome"));
  return words;
}

}  // namespace

TEST_CASE("the list has a line for each boot, with the number that --boot takes") {
  auto inputs =
      inputs_with({boot_of("b1", {stage_record(kLocal, kReady), stage_record(kMain, kDegraded)}),
                   boot_of("b2", {}), boot_of("now", {stage_record(kMain, kRunning)})});
  CHECK(list(inputs) ==
        "  -2  b1  2026-01-02T03:04:05  local: ready  main: degraded\n"
        "  -1  b2\n"
        "   0  now  2026-01-02T03:04:05  main: running\n");
  inputs.boot_id = "later";
  CHECK(list(inputs).starts_with("  -3  b1"));
  CHECK(list(inputs_with({})) == "no records\n");
  auto hostile = stage_record(kMain, kReady);
  hostile.started = "x\x07";
  CHECK(list(inputs_with({boot_of("b\x1b", {hostile})})) == "  -1  b\\x1b  x\\x07  main: ready\n");
  hostile.started = "Zoë";
  CHECK(describe_boots(inputs_with({boot_of("b", {hostile})}), {.ascii = true}) ==
        "  -1  b  Zo\\xc3\\xab  main: ready\n");
}

TEST_CASE("a line of the list that is wider than the terminal continues on the next") {
  const auto inputs =
      inputs_with({boot_of("6b53fe79-c00b-4abe-9387-43fae70865fb",
                           {stage_record(kLocal, kReady), stage_record(kMain, kInterrupted),
                            stage_record(kDisks, kReady), stage_record(kReport, kReady)})});
  const auto text = list(inputs, 40);
  CHECK(text ==
        "  -1\n"
        "    6b53fe79-c00b-4abe-9387-43fae70865fb\n"
        "    2026-01-02T03:04:05  local: ready\n"
        "    main: interrupted  disks: ready\n"
        "    report: ready\n");
  for (const int width : {40, 60, 80}) {
    const auto narrow = list(inputs, width);
    for (const auto line : azl::split(narrow, '\n'))
      CHECK(line.size() <= static_cast<std::size_t>(width));
  }
}

TEST_CASE("the list as JSON has number, id, outcome and stages of each boot") {
  auto inputs = inputs_with(
      {boot_of("b1", {stage_of(kMain, kFailed)}), boot_of("now", {stage_of(kMain, kReady)})});
  auto& failure = inputs.boots[0].stages[0].findings.emplace_back();
  failure.severity = Severity::kFatal;
  failure.step = "user";
  const auto json = Json::parse(boots_to_json(inputs));
  CHECK(json.at("schema_version") == 1);
  REQUIRE(json.at("boots").size() == 2);
  CHECK(json.at("boots")[0] == Json::parse(R"({
    "boot": -1, "boot_id": "b1", "vm_id": "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf", "running": false,
    "outcome": "failed", "started": "2026-01-02T03:04:05.000000+00:00",
    "stages": [{"stage": "main", "outcome": "failed", "started": "2026-01-02T03:04:05.000000+00:00",
                "took_us": 5}]})"));
  CHECK(json.at("boots")[1].at("boot") == 0);
  CHECK(json.at("boots")[1].at("running") == true);
  CHECK(Json::parse(boots_to_json(inputs_with({}))).at("boots") == Json::array());
}

TEST_CASE("the outcome of a boot in the list is that of its provisioning") {
  const auto local = stage_of(kLocal, kReady);
  const auto disks = stage_of(kDisks, kReady);
  const auto dead_disks = stage_of(kDisks, kInterrupted);
  // An earlier boot that ended before its main stage, and the running one.
  CHECK(outcomes(inputs_with({boot_of("b1", {local}), boot_of("now", {local})})) ==
        std::vector<std::string>{"interrupted", "in-progress"});
  CHECK(outcomes(inputs_with({boot_of("b1", {stage_of(kMain, kInterrupted)}),
                              boot_of("now", {stage_of(kMain, kRunning)})})) ==
        std::vector<std::string>{"interrupted", "in-progress"});
  CHECK(outcomes(inputs_with({boot_of("b1", {stage_of(kMain, kReady), dead_disks}),
                              boot_of("b2", {disks}), boot_of("b3", {})})) ==
        std::vector<std::string>{"degraded", "ready", "unknown"});
  // A later boot of a VM that was provisioned before is ready, also if another VM came after it.
  const auto other = [](Stage stage) { return stage_of(stage, kReady, kOtherVm); };
  auto inputs = inputs_with({boot_of("b1", {local}), boot_of("b2", {other(kMain)}),
                             boot_of("b3", {other(kLocal)}), boot_of("b4", {local})});
  CHECK(outcomes(inputs) ==
        std::vector<std::string>{"interrupted", "ready", "ready", "interrupted"});
  // The records of the boot that provisioned this VM were removed.
  set_provisioned(inputs);
  inputs.state.provisioned->boot_id = "removed";
  CHECK(outcomes(inputs) == std::vector<std::string>{"ready", "ready", "ready", "ready"});
  inputs.state.provisioned->boot_id = "b4";
  CHECK(outcomes(inputs) == std::vector<std::string>{"interrupted", "ready", "ready", "ready"});
}
