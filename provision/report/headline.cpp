#include "provision/report/headline.h"

#include <algorithm>

namespace azl::provision {
namespace {

const FindingRecord* find_fatal(const StageRecord& stage) {
  const auto found = std::ranges::find(stage.findings, Severity::kFatal, &FindingRecord::severity);
  return found == stage.findings.end() ? nullptr : &*found;
}

/// Returns the first fatal finding of the stages but close, whose failure is that main was killed.
const FindingRecord* find_failure(const BootRecords& boot) {
  for (const auto& stage : boot.stages) {
    if (stage.stage == Stage::kClose) continue;
    if (const auto* fatal = find_fatal(stage)) return fatal;
  }
  return nullptr;
}

/// Returns the last stage of provisioning with that outcome, or null.
const StageRecord* find_last(const BootRecords& boot, StageOutcome outcome) {
  const StageRecord* last = nullptr;
  for (const auto& stage : boot.stages) {
    if (stage.outcome == outcome && !is_aside(stage)) last = &stage;
  }
  return last;
}

bool was_told_late(const BootRecords& boot) {
  const auto* report = find_stage(boot, Stage::kReport);
  return report != nullptr &&
         std::ranges::any_of(report->told, [](const auto& told) { return told.delivered; });
}

std::size_t count_warnings(const BootRecords& boot) {
  std::size_t warnings = 0;
  for (const auto& stage : boot.stages) {
    if (has_left_work(stage)) ++warnings;
    for (const auto& finding : stage.findings) {
      if (severity_now(boot, finding) == Severity::kDegraded) ++warnings;
    }
  }
  return warnings;
}

/// Decides all but the warnings and the unfinished stages.
Headline decide_outcome(const BootRecords& boot, bool provisioned) {
  using enum Headline::Outcome;
  const auto* main = find_stage(boot, Stage::kMain);
  if (main != nullptr && main->outcome == StageOutcome::kRunning) {
    if (const auto* fatal = find_fatal(*main)) return {.outcome = kFailed, .failure = fatal};
    return {.outcome = kInProgress, .stage = main};
  }
  if (const auto* failure = find_failure(boot)) return {.outcome = kFailed, .failure = failure};
  if (const auto* dead = find_last(boot, StageOutcome::kInterrupted))
    return {.outcome = kInterrupted, .stage = dead};
  const auto* close = find_stage(boot, Stage::kClose);
  if (const auto* fatal = close == nullptr ? nullptr : find_fatal(*close))
    return {.outcome = kFailed, .failure = fatal};
  if (const auto* running = find_last(boot, StageOutcome::kRunning))
    return {.outcome = kInProgress, .stage = running};
  if (main != nullptr) return {.outcome = kReady, .stage = main};
  return {.outcome = provisioned ? kReadyBefore : kInProgress};
}

}  // namespace

bool is_aside(const StageRecord& stage) {
  switch (stage.stage) {
    case Stage::kReport:
    case Stage::kLink:
    case Stage::kDisks:
    case Stage::kCustomDataEarly:
    case Stage::kCustomData:
      return true;
    case Stage::kLocal:
    case Stage::kMain:
    case Stage::kClose:
      break;
  }
  return false;
}

bool has_left_work(const StageRecord& stage) {
  if (stage.outcome != StageOutcome::kInterrupted) return false;
  return stage.stage == Stage::kDisks || stage.stage == Stage::kCustomDataEarly ||
         stage.stage == Stage::kCustomData;
}

const StageRecord* find_stage(const BootRecords& boot, Stage stage) {
  const auto found = std::ranges::find(boot.stages, stage, &StageRecord::stage);
  return found == boot.stages.end() ? nullptr : &*found;
}

Severity severity_now(const BootRecords& boot, const FindingRecord& finding) {
  if (finding.severity == Severity::kDegraded && finding.step == "health" && was_told_late(boot))
    return Severity::kNote;
  return finding.severity;
}

Wait find_wait(const StageRecord& stage, std::int64_t now_us) {
  if (stage.outcome != StageOutcome::kRunning || stage.steps.empty()) return {};
  const auto& step = stage.steps.back();
  if (step.outcome != StepOutcome::kRunning) return {};
  Wait wait{.what = step.waits_for, .last_error = step.last_error};
  std::int64_t step_began = 0;
  if (now_us <= 0 || stage.began_us <= 0 || step.start_us < 0 ||
      __builtin_add_overflow(stage.began_us, step.start_us, &step_began))
    return wait;
  wait.elapsed_us = std::max<std::int64_t>(0, now_us - step_began);
  wait.left_us =
      std::max<std::int64_t>(0, step.waits_until_us) > now_us ? step.waits_until_us - now_us : 0;
  return wait;
}

std::string describe_seconds(std::int64_t micros) {
  constexpr std::int64_t kSecond = 1'000'000;
  return std::to_string(micros / kSecond) + " s";
}

std::string describe_duration(std::int64_t micros) {
  constexpr std::int64_t kMostSeconds = 9'999'990'000;
  constexpr std::int64_t kTenthOfHour = 360'000'000;
  constexpr std::int64_t kMostHours = std::int64_t{9'999} * 10 * kTenthOfHour;
  if (micros > kMostHours) return "> 9999 h";
  if (micros > kMostSeconds) {  // the wait of a VM in a pool
    const auto tenths = micros / kTenthOfHour;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " h";
  }
  if (micros <= 0) return "0.0 ms";
  if (micros < 100'000)
    return std::to_string(micros / 1000) + "." + std::to_string(micros % 1000 / 100) + " ms";
  const auto hundredths = micros / 10'000;
  return std::to_string(hundredths / 100) + "." + (hundredths % 100 < 10 ? "0" : "") +
         std::to_string(hundredths % 100) + " s";
}

std::string describe_kind(const FindingRecord& failure) {
  if (failure.reason == to_string(Reason::kDiskFull)) return "disk full";
  if (failure.reason == to_string(Reason::kReadOnly)) return "read-only file system";
  return {};
}

Headline decide_headline(const BootRecords& boot, bool provisioned) {
  auto headline = decide_outcome(boot, provisioned);
  headline.warnings = count_warnings(boot);
  for (const auto& stage : boot.stages) {
    if (&stage != headline.stage &&
        (stage.outcome == StageOutcome::kRunning || stage.outcome == StageOutcome::kInterrupted))
      headline.unfinished.push_back(&stage);
  }
  return headline;
}

}  // namespace azl::provision
