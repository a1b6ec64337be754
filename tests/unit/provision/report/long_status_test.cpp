#include "provision/report/long_status.h"

#include <algorithm>
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

std::string text_of(const ReportInputs& inputs, const TextStyle& style = {},
                    const std::string& root = "/") {
  return describe_status(inputs, decide_status(inputs), root, style);
}

Json json_of(const ReportInputs& inputs) {
  return Json::parse(status_to_json(inputs, decide_status(inputs)));
}

/// A VM whose main stage waits for IMDS.
ReportInputs waiting() {
  auto local = stage_record(kLocal, kReady);
  local.took_us = 120'000;
  auto main = stage_record(kMain, kRunning);
  main.began_us = 1'000'000;
  main.steps = {step_record("imds", StepOutcome::kRunning, "", 2'000'000)};
  main.steps[0].waits_for = "an answer from 169.254.169.254 port 80";
  main.steps[0].waits_until_us = 303'000'000;
  main.steps[0].last_error = "503 Service Unavailable";
  for (const auto severity : {Severity::kDegraded, Severity::kNote, Severity::kNote})
    main.findings.emplace_back().severity = severity;
  auto inputs = inputs_with({boot_of("now", {local, main})});
  inputs.here.now_us = 15'000'000;
  return inputs;
}

}  // namespace

TEST_CASE(
    "the long status shows the sentence, the stages, what is waited for and where to read on") {
  CHECK(text_of(waiting(), {.width = 200}) ==
        "IN PROGRESS: stage main is running, step imds, for 12 s, waiting for an answer from "
        "169.254.169.254 port 80, at most 288 s more\n"
        "  VM       91267c52-9f02-4cfe-b1f4-a4da7ebac2cf\n"
        "  Boot     now\n"
        "  Stages   local: ready, 2026-01-02 03:04:05 UTC, took 0.12 s\n"
        "           main: running, 2026-01-02 03:04:05 UTC\n"
        "  Running  stage main, step imds, for 12 s\n"
        "  Waits    for an answer from 169.254.169.254 port 80, at most 288 s more\n"
        "  Error    503 Service Unavailable\n"
        "  Findings 1 warning, 2 notes\n"
        "  More     azl-provision --report\n"
        "           journalctl -b -u 'azl-provision*'\n");
}

TEST_CASE("the long status of a later boot names the boot that its stages are from") {
  auto inputs = inputs_with({boot_of("b1", {stage_record(kMain, kReady)})});
  set_provisioned(inputs);
  const auto text = text_of(inputs, {.width = 200}, "/mnt");
  CHECK(text.starts_with("READY: provisioned at 2026-01-02T03:04:05+00:00 by azl-provision\n"));
  CHECK(text.find("  Boot     now\nThis boot had nothing to do; the stages are those of boot b1.\n"
                  "  Stages   main: ready") != std::string::npos);
  CHECK(
      text.ends_with("  Findings 0 warnings, 0 notes\n"
                     "  More     azl-provision --report --root=/mnt\n"));
  CHECK(json_of(inputs).at("boot_id") == "b1");
  CHECK(json_of(inputs).at("earlier_boot") == true);
}

TEST_CASE("the first word of the long status is that of the exit status") {
  auto inputs = inputs_with({});
  CHECK(text_of(inputs) ==
        "NOT RUN HERE: azl-provision has not provisioned this VM\n"
        "  VM       91267c52-9f02-4cfe-b1f4-a4da7ebac2cf\n"
        "  Boot     now\n"
        "  More     azl-provision --report\n"
        "           journalctl -b -u 'azl-provision*'\n");
  inputs.boots = {boot_of("now", {stage_record(kMain, kFailed)})};
  CHECK(text_of(inputs).starts_with("FAILED: "));
  inputs.boots = {boot_of("now", {stage_record(kMain, kReady)})};
  set_provisioned(inputs);
  CHECK(text_of(inputs).starts_with("READY: "));
  inputs.state.provisioned->degraded = true;
  CHECK(text_of(inputs).starts_with("READY WITH WARNINGS: "));
  CHECK(text_of(inputs, {.colour = true}).starts_with("\x1b[1;33mREADY WITH WARNINGS\x1b[0m: "));
}

TEST_CASE("no line of the long status is wider than the page, and it is ASCII if asked to") {
  auto inputs = waiting();
  inputs.boots[0].stages[1].steps[0].last_error = "Zoë said: " + std::string(500, 'x') + "…";
  inputs.boot_id = inputs.boots[0].boot_id = "6b53fe79-c00b-4abe-9387-43fae70865fb";
  for (const int width : {40, 60, 80}) {
    CAPTURE(width);
    const auto text = text_of(inputs, {.width = width, .ascii = true});
    for (const auto line : azl::split(text, '\n')) {
      CAPTURE(line);
      CHECK((line.size() <= static_cast<std::size_t>(width) || line.find("xxx") != line.npos));
    }
    CHECK(std::ranges::none_of(text, [](unsigned char c) { return c >= 0x80; }));
    CHECK(text.find("Zo\\xc3\\xab") != std::string::npos);
    CHECK(text.find("x...") != std::string::npos);
  }
  CHECK(text_of(inputs).find("Zoë") != std::string::npos);
}

TEST_CASE("the status as JSON has the exit status, its word and sentence, and the running step") {
  const auto json = json_of(waiting());
  CHECK(json.at("schema_version") == 1);
  CHECK(json.at("outcome") == "in-progress");
  CHECK(json.at("exit_status") == 4);
  CHECK(json.at("sentence") == decide_status(waiting()).sentence);
  CHECK(json.at("vm_id") == kVm);
  CHECK(json.at("boot_id") == "now");
  CHECK(json.at("earlier_boot") == false);
  CHECK(json.at("warnings") == 1);
  CHECK(json.at("notes") == 2);
  CHECK(json.at("running") == Json::parse(R"({
    "stage": "main", "step": "imds", "elapsed_us": 12000000,
    "waits_for": "an answer from 169.254.169.254 port 80", "left_us": 288000000,
    "last_error": "503 Service Unavailable"})"));
  REQUIRE(json.at("stages").size() == 2);
  CHECK(json.at("stages")[0] == Json::parse(R"({
    "stage": "local", "outcome": "ready", "started": "2026-01-02T03:04:05.000000+00:00",
    "took_us": 120000})"));

  const auto none = json_of(inputs_with({}));
  CHECK(none.at("outcome") == "not-here");
  CHECK(none.at("running").is_null());
  CHECK(none.at("stages") == Json::array());
}

TEST_CASE("a stage beside provisioning is shown as running if no other one runs") {
  auto inputs =
      inputs_with({boot_of("now", {stage_record(kDisks, kRunning), stage_record(kMain, kReady)})});
  set_provisioned(inputs);
  CHECK(json_of(inputs).at("outcome") == "ready");
  CHECK(json_of(inputs).at("running").at("stage") == "disks");
  inputs.boots[0].stages[1].outcome = kRunning;
  CHECK(json_of(inputs).at("running").at("stage") == "main");
}
