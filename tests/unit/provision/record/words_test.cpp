// Stage, severity and outcome names in records. Other programs read them, so they never change.
#include "provision/record/words.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision;

TEST_CASE("each stage has a fixed name") {
  for (const auto& [stage, word] : kSpellings<Stage>)
    CHECK(parse_word<Stage>(to_string(stage)) == stage);
  CHECK(to_string(Stage::kLocal) == "local");
  CHECK(to_string(Stage::kMain) == "main");
  CHECK(to_string(Stage::kReport) == "report");
  CHECK(to_string(Stage::kClose) == "close");
  CHECK(to_string(Stage::kLink) == "link");
  CHECK(to_string(Stage::kDisks) == "disks");
  for (const std::string word : {"", "Main", "main ", "disk"}) CHECK_FALSE(parse_word<Stage>(word));
}

TEST_CASE("severities and outcomes have fixed names") {
  CHECK(to_string(Severity::kNote) == "note");
  CHECK(to_string(Severity::kDegraded) == "degraded");
  CHECK(to_string(Severity::kFatal) == "fatal");
  CHECK(to_string(StepOutcome::kRunning) == "running");
  CHECK(to_string(StepOutcome::kDone) == "done");
  CHECK(to_string(StepOutcome::kUnchanged) == "unchanged");
  CHECK(to_string(StepOutcome::kSkipped) == "skipped");
  CHECK(to_string(StepOutcome::kFailed) == "failed");
  CHECK(to_string(StepOutcome::kInterrupted) == "interrupted");
  CHECK(to_string(StageOutcome::kRunning) == "running");
  CHECK(to_string(StageOutcome::kReady) == "ready");
  CHECK(to_string(StageOutcome::kDegraded) == "degraded");
  CHECK(to_string(StageOutcome::kFailed) == "failed");
  CHECK(to_string(StageOutcome::kInterrupted) == "interrupted");
}
