#include "provision/cloud_init/boot_status.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/provision/report/report_samples.h"

using namespace azl::provision;
using namespace azl::provision::cloud_init;
using namespace azl::test;
using enum Stage;
using enum StageOutcome;

namespace {

using Texts = std::vector<std::string>;

/// A stage that began 12.34 s after the machine's start and took 1.5 s.
StageRecord timed(Stage stage, StageOutcome outcome) {
  auto record = stage_record(stage, outcome);
  record.since_boot_us = 12'340'000;
  record.took_us = 1'500'000;
  return record;
}

/// The stage with a step and a finding of that step.
StageRecord with_finding(StageRecord record, Severity severity, StepOutcome outcome,
                         const std::string& step = "runcmd") {
  record.steps.push_back({.name = step, .what = {}, .outcome = outcome, .why = {}, .tools = {}});
  record.findings.push_back(
      {.severity = severity, .step = step, .reason = {}, .chain = {"a", "b"}, .advice = {}});
  return record;
}

}  // namespace

TEST_CASE("the stages of a boot have cloud-init's names") {
  const auto status = describe_boot(boot_of(
      "now", {timed(kLocal, kReady), timed(kMain, kReady), timed(kCustomDataEarly, kReady),
              timed(kCustomData, kRunning), timed(kLink, kRunning), timed(kDisks, kRunning)}));
  CHECK(status.running == "modules-final");
  for (std::size_t i = 0; i < kStageNames.size(); ++i) {
    CAPTURE(kStageNames.at(i));
    CHECK(status.stages.at(i).recorded);
    CHECK(status.stages.at(i).start == 12.34);
    CHECK(status.stages.at(i).finished.has_value() == (i != 3));
  }
  CHECK(status.stages[0].finished == 13.84);
  CHECK(list_errors(status).empty());
  CHECK(list_warnings(status).empty());
}

TEST_CASE("the times of a tree are not known") {
  const auto status = describe_boot(boot_of("tree", {stage_record(kMain, kReady)}));
  CHECK(status.stages[1].recorded);
  CHECK_FALSE(status.stages[1].start.has_value());
  CHECK_FALSE(status.stages[1].finished.has_value());
}

TEST_CASE("what fails is an error, and what is only degraded is a warning") {
  struct Row {
    std::string what;
    StageRecord record;
    std::string stage;
    Texts errors;
    Texts warnings;
  };
  const auto done = StepOutcome::kDone;
  const auto failed = StepOutcome::kFailed;
  const std::vector<Row> rows = {
      {"a note", with_finding(timed(kMain, kReady), Severity::kNote, done), "init", {}, {}},
      {"a warning of stage main",
       with_finding(timed(kMain, kDegraded), Severity::kDegraded, failed),
       "init",
       {},
       {"a: b"}},
      {"a failed provisioning",
       with_finding(timed(kMain, kFailed), Severity::kFatal, failed),
       "init",
       {"a: b"},
       {}},
      {"a failure without a finding", timed(kMain, kFailed), "init", {"stage main failed"}, {}},
      {"stage main was killed",
       timed(kMain, kInterrupted),
       "init",
       {"stage main was interrupted"},
       {}},
      {"the machine was closed",
       with_finding(timed(kClose, kFailed), Severity::kFatal, failed),
       "init",
       {"a: b"},
       {}},
      {"a disk",
       with_finding(timed(kDisks, kDegraded), Severity::kDegraded, failed),
       "init",
       {},
       {"a: b"}},
      {"a NIC that came later",
       with_finding(timed(kLink, kDegraded), Severity::kDegraded, failed),
       "init",
       {},
       {}},
      {"a remark on the document",
       with_finding(timed(kCustomDataEarly, kDegraded), Severity::kDegraded, done, "read"),
       "modules-config",
       {},
       {"a: b"}},
      {"a document that cannot be read",
       with_finding(timed(kCustomDataEarly, kDegraded), Severity::kDegraded, failed, "read"),
       "modules-config",
       {"a: b"},
       {}},
      {"a failed script",
       with_finding(timed(kCustomData, kDegraded), Severity::kDegraded, failed),
       "modules-final",
       {"a: b"},
       {}},
      {"a script that killed the agent",
       with_finding(timed(kCustomData, kInterrupted), Severity::kDegraded,
                    StepOutcome::kInterrupted),
       "modules-final",
       {"a: b", "stage custom-data was interrupted"},
       {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto status = describe_boot(boot_of("now", {row.record}));
    for (std::size_t i = 0; i < kStageNames.size(); ++i) {
      const bool here = kStageNames.at(i) == row.stage;
      CHECK(status.stages.at(i).errors == (here ? row.errors : Texts{}));
      CHECK(status.stages.at(i).warnings == (here ? row.warnings : Texts{}));
    }
    CHECK(list_errors(status) == row.errors);
    CHECK(list_warnings(status) == row.warnings);
    CHECK(status.running.empty());
  }
}

TEST_CASE("a report that was delivered late is no warning any more") {
  auto report = timed(kReport, kReady);
  auto main =
      with_finding(timed(kMain, kDegraded), Severity::kDegraded, StepOutcome::kFailed, "health");
  CHECK(list_warnings(describe_boot(boot_of("now", {main, report}))) == Texts{"a: b"});
  report.told.push_back({.channel = "health",
                         .what = "Ready",
                         .how = {},
                         .at = {},
                         .delivered = true,
                         .description = {}});
  CHECK(list_warnings(describe_boot(boot_of("now", {main, report}))).empty());
}

TEST_CASE("status.json is as cloud-init writes it, and can be read") {
  auto status = describe_boot(boot_of(
      "now", {timed(kMain, kReady), with_finding(timed(kCustomData, kDegraded), Severity::kDegraded,
                                                 StepOutcome::kFailed)}));
  status.datasource = "DataSourceAzure [seed=/dev/sr0]";
  status.stages[1].warnings = {"w"};
  const auto text = status_to_json(status);
  CHECK(text.starts_with("{\n \"v1\": {\n  \"datasource\": \"DataSourceAzure [seed=/dev/sr0]\""));
  const auto v1 = nlohmann::json::parse(text).at("v1");
  CHECK(v1.at("stage").is_null());
  CHECK(v1.at("init-local").at("start").is_null());
  CHECK(v1.at("init").at("start") == 12.34);
  CHECK(v1.at("init").at("recoverable_errors").at("WARNING") == Texts{"w"});
  CHECK(v1.at("modules-config").at("recoverable_errors").empty());
  CHECK(v1.at("modules-final").at("errors") == Texts{"a: b"});
  CHECK(v1.at("modules-final").at("finished") == 13.84);

  auto read = parse_status(text);
  REQUIRE(read);
  for (auto& stage : status.stages) stage.recorded = false;
  CHECK(*read == status);
  const auto result = nlohmann::json::parse(result_to_json(status)).at("v1");
  CHECK(result.at("datasource") == status.datasource);
  CHECK(result.at("errors") == Texts{"a: b"});
  CHECK(nlohmann::json::parse(result_to_json({})).at("v1").at("datasource").is_null());
}

TEST_CASE("any text is either a status or an error") {
  for (const std::string text : {"", "{}", "[]", R"({"v1": 1})", R"({"v1": null})", "x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_status(text).has_value());
  }
  const auto odd = parse_status(
      R"({"v1": {"stage": 1, "init": {"start": "x", "errors": [1, "e"], "recoverable_errors": []},
          "modules-final": 7, "more": {}}})");
  REQUIRE(odd);
  CHECK(odd->running.empty());
  CHECK_FALSE(odd->stages[1].start.has_value());
  CHECK(odd->stages[1].errors == Texts{"e"});
}

TEST_CASE("what has no record is taken from status.json") {
  BootStatus earlier = {
      .datasource = "d",
      .stages = {StageStatus{.start = 1, .finished = 2}, StageStatus{.start = 3},
                 StageStatus{.start = 4, .finished = 5, .errors = {"e"}}, StageStatus{.start = 6}},
      .running = "modules-final"};
  auto status = describe_boot(boot_of("now", {timed(kMain, kReady)}));
  add_unrecorded(status, earlier);
  CHECK(status.datasource == "d");
  CHECK(status.running == "modules-final");
  CHECK(status.stages[0].finished == 2.0);
  CHECK(status.stages[1].start == 12.34);
  CHECK(status.stages[2].errors == Texts{"e"});
  CHECK(status.stages[3].start == 6.0);

  // The record of a stage that was killed says more than the file.
  status = describe_boot(boot_of("now", {timed(kCustomData, kInterrupted)}));
  add_unrecorded(status, earlier);
  CHECK(status.running.empty());
  CHECK(list_errors(status) == Texts{"e", "stage custom-data was interrupted"});
}
