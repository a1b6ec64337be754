// Boots with times, for the tests of what is made of a timeline.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/provision/report/report_samples.h"

namespace azl::test {

inline provision::StepRecord timed_step(
    const std::string& name, std::int64_t start, std::int64_t took,
    provision::StepOutcome outcome = provision::StepOutcome::kDone) {
  provision::StepRecord step;
  step.name = name;
  step.outcome = outcome;
  step.start_us = start;
  step.took_us = took;
  return step;
}

inline provision::StageRecord timed_stage(provision::Stage stage, std::int64_t since_boot,
                                          std::int64_t took,
                                          std::vector<provision::StepRecord> steps = {}) {
  auto record = stage_record(stage, provision::StageOutcome::kReady);
  record.since_boot_us = since_boot;
  record.took_us = took;
  record.steps = std::move(steps);
  return record;
}

/// A boot with a stage local and a stage main, whose second step fails. Times are in microseconds.
inline provision::BootRecords usual_boot() {
  using namespace provision;
  auto local = timed_stage(Stage::kLocal, 2'000'000, 50'000, {timed_step("media", 1'000, 40'000)});
  auto main = timed_stage(
      Stage::kMain, 3'000'000, 1'000'000,
      {timed_step("imds", 0, 600'000), timed_step("user", 600'000, 300'000, StepOutcome::kFailed)});
  main.started = "2026-01-02T03:04:06.000000+00:00";
  main.outcome = StageOutcome::kFailed;
  main.hostname = "web-1";
  main.steps[1].tools = {
      {.program = "/usr/sbin/useradd", .wall_us = 100'000, .cpu_us = 5'000, .ok = true},
      {.program = "/usr/sbin/chpasswd", .wall_us = 900'000, .cpu_us = 5'000, .ok = false}};
  main.attempts = {{.endpoint = "IMDS",
                    .request = "GET /metadata/instance?api-version=2025-04-07",
                    .at = "2026-01-02T03:04:06.100000+00:00",
                    .took_us = 20'000,
                    .status = 200,
                    .outcome = "ok"},
                   {.endpoint = "WireServer",
                    .request = "GET /?comp=goalstate",
                    .at = "2026-01-02T03:04:06.950000+00:00",
                    .took_us = 900'000,
                    .status = 0,
                    .outcome = "timeout"}};
  return boot_of("now", {local, main});
}

}  // namespace azl::test
