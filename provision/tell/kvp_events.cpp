#include "provision/tell/kvp_events.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "imds/kvp_event.h"
#include "provision/record/redact.h"
#include "provision/store/written_files.h"

namespace azl::provision {
namespace {

/// Returns a UUID of version 8 (RFC 9562) of 32 hexadecimal digits of a hash.
std::string make_uuid(std::string hex) {
  hex[12] = '8';
  hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4U];
  for (const std::size_t place : {8U, 13U, 18U, 23U}) hex.insert(place, "-");
  return hex;
}

std::string result_of(const StageRecord& stage, const StepRecord& step) {
  const bool ended_well =
      step.outcome != StepOutcome::kFailed && step.outcome != StepOutcome::kInterrupted;
  if (ended_well) return "SUCCESS";
  const bool fatal = std::ranges::any_of(stage.findings, [&](const FindingRecord& finding) {
    return finding.step == step.name && finding.severity == Severity::kFatal;
  });
  return fatal ? "FAIL" : "WARN";
}

std::string describe_end(const StepRecord& step) {
  const auto outcome = std::string(to_string(step.outcome));
  return step.why.empty() ? outcome : outcome + ": " + step.why;
}

/// Returns a duration of a record, which may be a tree's and have any number, within bounds.
Duration bounded(std::int64_t micros) {
  constexpr Duration kMost = std::chrono::years(10);
  return std::clamp(Duration(micros), Duration(), kMost);
}

/// Adds the two events of a step that has ended. `index`: its place in the stage.
void add_events(const StageRecord& stage, std::size_t index, WallTime booted,
                std::vector<imds::KvpEventRecords>& events) {
  const auto& step = stage.steps[index];
  const auto place = std::string(to_string(stage.stage)) + "/" + step.name;
  const auto hash =
      sha256_of(stage.boot_id + "|" + stage.vm_id + "|" + place + "|" + std::to_string(index));
  imds::KvpEvent event{.type = "start",
                       .name = std::string(imds::kEventOwner) + place,
                       .id = make_uuid(hash.substr(0, 32)),
                       .at = booted + bounded(stage.began_us) + bounded(step.start_us),
                       .message = redact(step.what).text};
  events.push_back(imds::event_records(event, booted));
  event.type = "finish";
  event.id = make_uuid(hash.substr(32, 32));
  event.at += bounded(step.took_us);
  event.result = result_of(stage, step);
  event.message = redact(describe_end(step)).text;
  events.push_back(imds::event_records(event, booted));
}

}  // namespace

std::vector<imds::KvpEventRecords> describe_events(std::span<const StageRecord> stages,
                                                   WallTime booted) {
  std::vector<imds::KvpEventRecords> events;
  for (const auto& stage : stages) {
    for (std::size_t i = 0; i < stage.steps.size(); ++i) {
      if (stage.steps[i].outcome != StepOutcome::kRunning) add_events(stage, i, booted, events);
    }
  }
  return events;
}

}  // namespace azl::provision
