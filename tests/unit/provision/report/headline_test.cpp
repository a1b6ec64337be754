#include "provision/report/headline.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/report_samples.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

using enum Stage;
using enum StageOutcome;
using Outcome = Headline::Outcome;

using Stages = std::vector<StageRecord>;

FindingRecord finding(Severity severity, const std::string& step) {
  return {.severity = severity, .step = step, .reason = "io", .chain = {"x"}, .advice = "y"};
}

/// A stage with findings, each at the step "STAGE-SEVERITY".
StageRecord with(Stage stage, StageOutcome outcome, const std::vector<Severity>& severities = {}) {
  auto record = stage_record(stage, outcome);
  for (const auto severity : severities)
    record.findings.push_back(
        finding(severity, std::string(to_string(stage)) + "-" + std::string(to_string(severity))));
  return record;
}

}  // namespace

TEST_CASE("the headline is the worst outcome of the stages that provision") {
  constexpr auto kFatal = Severity::kFatal;
  constexpr auto kWarning = Severity::kDegraded;
  struct Row {
    std::string what;
    Stages stages;
    Outcome outcome;
    std::string subject;  ///< the step of the failure, or the headline's stage
    std::vector<Stage> unfinished = {};
    std::size_t warnings = 0;
  };
  const std::vector<Row> rows = {
      {"ready", {with(kLocal, kReady), with(kMain, kReady)}, Outcome::kReady, "main"},
      {"ready with warnings",
       {with(kMain, kDegraded, {kWarning, Severity::kNote, kWarning})},
       Outcome::kReady,
       "main",
       {},
       2},
      {"media broken, IMDS good: one warning",
       {with(kLocal, kReady), with(kMain, kDegraded, {kWarning})},
       Outcome::kReady,
       "main",
       {},
       1},
      {"failed", {with(kMain, kFailed, {kWarning, kFatal})}, Outcome::kFailed, "main-fatal", {}, 1},
      {"main is running",
       {with(kLocal, kReady), with(kMain, kRunning)},
       Outcome::kInProgress,
       "main"},
      {"main is running and has failed already",
       {with(kMain, kRunning, {kFatal})},
       Outcome::kFailed,
       "main-fatal",
       {kMain}},
      {"local is running", {with(kLocal, kRunning)}, Outcome::kInProgress, "local"},
      {"local has ended", {with(kLocal, kReady)}, Outcome::kInProgress, ""},
      {"only stage disks has begun", {with(kDisks, kRunning)}, Outcome::kInProgress, "", {kDisks}},

      // Stages that do not provision leave the outcome unchanged.
      {"ready, stage disks is still running",
       {with(kMain, kReady), with(kDisks, kRunning)},
       Outcome::kReady,
       "main",
       {kDisks}},
      {"warnings, stage disks is still running",
       {with(kDisks, kRunning), with(kMain, kDegraded, {kWarning})},
       Outcome::kReady,
       "main",
       {kDisks},
       1},
      {"failed, stage disks is still running",
       {with(kDisks, kRunning), with(kMain, kFailed, {kFatal})},
       Outcome::kFailed,
       "main-fatal",
       {kDisks}},
      {"failed, stages report and disks are still running",
       {with(kMain, kFailed, {kFatal}), with(kReport, kRunning), with(kDisks, kRunning)},
       Outcome::kFailed,
       "main-fatal",
       {kReport, kDisks}},
      {"interrupted, stage disks is still running",
       {with(kMain, kInterrupted), with(kDisks, kRunning)},
       Outcome::kInterrupted,
       "main",
       {kDisks}},

      // Every interrupted stage is listed.
      {"interrupted", {with(kMain, kInterrupted)}, Outcome::kInterrupted, "main"},
      {"interrupted, stage disks was interrupted before",
       {with(kDisks, kInterrupted), with(kMain, kInterrupted)},
       Outcome::kInterrupted,
       "main",
       {kDisks},
       1},
      {"local and main were interrupted",
       {with(kLocal, kInterrupted), with(kMain, kInterrupted)},
       Outcome::kInterrupted,
       "main",
       {kLocal}},
      {"local was interrupted, main is running",
       {with(kLocal, kInterrupted), with(kMain, kRunning)},
       Outcome::kInProgress,
       "main",
       {kLocal}},
      {"stage disks was interrupted",
       {with(kMain, kReady), with(kDisks, kInterrupted)},
       Outcome::kReady,
       "main",
       {kDisks},
       1},
      {"stage link was interrupted",
       {with(kMain, kReady), with(kLink, kInterrupted)},
       Outcome::kReady,
       "main",
       {kLink}},
      {"interrupted after a failure",
       {with(kMain, kInterrupted, {kFatal})},
       Outcome::kFailed,
       "main-fatal",
       {kMain}},

      // Stage close runs after the main stage was killed.
      {"main was killed, close has ended",
       {with(kMain, kInterrupted), with(kClose, kFailed, {kFatal})},
       Outcome::kInterrupted,
       "main"},
      {"main was killed, close is running",
       {with(kMain, kInterrupted), with(kClose, kRunning, {kFatal})},
       Outcome::kInterrupted,
       "main",
       {kClose}},
      {"only the record of stage close is left",
       {with(kClose, kFailed, {kFatal})},
       Outcome::kFailed,
       "close-fatal"},
      {"close has ended, main is running again",
       {with(kClose, kFailed, {kFatal}), with(kMain, kRunning)},
       Outcome::kInProgress,
       "main"},
      {"main failed, local is running again",
       {with(kMain, kFailed, {kFatal}), with(kLocal, kRunning)},
       Outcome::kFailed,
       "main-fatal",
       {kLocal}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto boot = boot_of("now", row.stages);
    const auto headline = decide_headline(boot, false);
    CHECK(headline.outcome == row.outcome);
    CHECK(headline.warnings == row.warnings);
    std::string subject;
    if (headline.failure != nullptr) subject = headline.failure->step;
    if (headline.stage != nullptr) subject = to_string(headline.stage->stage);
    CHECK(subject == row.subject);
    std::vector<Stage> unfinished;
    for (const auto* stage : headline.unfinished) unfinished.push_back(stage->stage);
    CHECK(unfinished == row.unfinished);
  }
}

TEST_CASE("what a running stage waits for follows from its running step and the time") {
  auto stage = with(kMain, kRunning);
  stage.began_us = 100'000'000;
  stage.steps.push_back({.name = "imds",
                         .what = "",
                         .outcome = StepOutcome::kRunning,
                         .why = "",
                         .start_us = 5'000'000,
                         .tools = {},
                         .waits_for = "an answer from 169.254.169.254 port 80",
                         .waits_until_us = 405'000'000,
                         .last_error = "GET /: 503"});
  const auto wait = find_wait(stage, 117'000'000);
  CHECK(wait.elapsed_us == 12'000'000);
  CHECK(wait.left_us == 288'000'000);
  CHECK(wait.what == "an answer from 169.254.169.254 port 80");
  CHECK(wait.last_error == "GET /: 503");
  CHECK(find_wait(stage, 500'000'000).left_us == 0);  // its time is over
  CHECK(find_wait(stage, 1).elapsed_us == 0);
  CHECK(find_wait(stage, 0).elapsed_us == 0);  // the time is not known
  CHECK(find_wait(stage, 0).what == wait.what);
  stage.outcome = kInterrupted;
  CHECK(find_wait(stage, 117'000'000).what.empty());
}

TEST_CASE("the first line names a full disk and a read-only file system") {
  auto failure = finding(Severity::kFatal, "user");
  CHECK(describe_kind(failure).empty());
  failure.reason = "disk-full";
  CHECK(describe_kind(failure) == "disk full");
  failure.reason = "read-only";
  CHECK(describe_kind(failure) == "read-only file system");
}

TEST_CASE("a later boot with records is ready if an earlier boot provisioned the VM") {
  const auto boot = boot_of("now", {with(kLink, kReady), with(kDisks, kRunning)});
  CHECK(decide_headline(boot, true).outcome == Outcome::kReadyBefore);
  CHECK(decide_headline(boot, false).outcome == Outcome::kInProgress);
  const auto degraded = boot_of("now", {with(kDisks, kDegraded, {Severity::kDegraded})});
  CHECK(decide_headline(degraded, true).warnings == 1);
}

TEST_CASE("a duration fits its column, however long a VM was in its pool") {
  CHECK(describe_duration(-1) == "0.0 ms");
  CHECK(describe_duration(1'500'000) == "1.50 s");
  CHECK(describe_duration(9'999'990'000) == "9999.99 s");
  CHECK(describe_duration(9'999'990'001) == "2.7 h");
  CHECK(describe_duration(95'400'000'000) == "26.5 h");
  CHECK(describe_duration(9'000'000'000'000'000'000) == "> 9999 h");
}

TEST_CASE("the warning about an undelivered report becomes a note once the report is delivered") {
  auto main = with(kMain, kDegraded);
  main.findings = {finding(Severity::kDegraded, "health"), finding(Severity::kDegraded, "sudo")};
  auto report = with(kReport, kReady);
  report.told.resize(1);
  auto boot = boot_of("now", {main, report});
  CHECK(decide_headline(boot, true).warnings == 2);
  boot.stages[1].told[0].delivered = true;
  CHECK(decide_headline(boot, true).warnings == 1);
  CHECK(severity_now(boot, boot.stages[0].findings[0]) == Severity::kNote);
  CHECK(severity_now(boot, boot.stages[0].findings[1]) == Severity::kDegraded);
}
