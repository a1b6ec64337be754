#include "provision/cloud_init/boot_status.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "provision/report/headline.h"

namespace azl::provision::cloud_init {
namespace {

using nlohmann::json;

constexpr std::size_t kStatusLimit = std::size_t{4} << 20;
constexpr std::size_t kInit = 1;

/// Seconds with two digits after the point, as /proc/uptime has them.
double to_seconds(std::int64_t micros) {
  return std::round(static_cast<double>(micros) / 1e4) / 100.0;
}

bool is_custom_data(Stage stage) {
  return stage == Stage::kCustomDataEarly || stage == Stage::kCustomData;
}

bool has_ended(const StageRecord& record) {
  return record.outcome != StageOutcome::kRunning && record.outcome != StageOutcome::kInterrupted;
}

/// Whether the step that a finding is of failed or was interrupted.
bool has_failed(const StageRecord& record, const std::string& step) {
  return std::ranges::any_of(record.steps, [&](const StepRecord& each) {
    return each.name == step &&
           (each.outcome == StepOutcome::kFailed || each.outcome == StepOutcome::kInterrupted);
  });
}

/// Adds what went wrong in a stage.
void add_findings(const BootRecords& boot, const StageRecord& record, StageStatus& status) {
  for (const auto& finding : record.findings) {
    const auto severity = severity_now(boot, finding);
    if (severity == Severity::kNote) continue;
    const bool failed = severity == Severity::kFatal ||
                        (is_custom_data(record.stage) && has_failed(record, finding.step));
    (failed ? status.errors : status.warnings).push_back(join(finding.chain, ": "));
  }
  const auto name = "stage " + std::string(to_string(record.stage));
  if (record.outcome == StageOutcome::kInterrupted)
    status.errors.push_back(name + " was interrupted");
  if (record.outcome == StageOutcome::kFailed && status.errors.empty())
    status.errors.push_back(name + " failed");
}

/// What goes wrong beside the four stages. Links are looked at for each NIC that comes, which
/// cloud-init leaves to its hotplug hook.
void add_stage_beside(const BootRecords& boot, const StageRecord& record, StageStatus& init) {
  const bool counts = record.stage == Stage::kDisks || record.stage == Stage::kReport ||
                      record.stage == Stage::kClose;
  if (counts) add_findings(boot, record, init);
}

json or_null(const std::optional<double>& seconds) {
  return seconds ? json(*seconds) : json(nullptr);
}

std::optional<double> read_seconds(const json& stage, std::string_view name) {
  const auto* value = find_member(stage, name);
  return value != nullptr && value->is_number() ? std::optional(value->get<double>())
                                                : std::nullopt;
}

std::vector<std::string> read_texts(const json* list) {
  std::vector<std::string> texts;
  if (list == nullptr || !list->is_array()) return texts;
  for (const auto& each : *list) {
    if (each.is_string()) texts.push_back(each.get<std::string>());
  }
  return texts;
}

StageStatus read_stage(const json& stage) {
  StageStatus status = {.start = read_seconds(stage, "start"),
                        .finished = read_seconds(stage, "finished"),
                        .errors = read_texts(find_member(stage, "errors"))};
  if (const auto* kinds = find_member(stage, "recoverable_errors"))
    status.warnings = read_texts(find_member(*kinds, "WARNING"));
  return status;
}

/// As cloud-init writes JSON into files.
std::string dump(const json& value) {
  return value.dump(1, ' ', true, json::error_handler_t::replace) + "\n";
}

std::vector<std::string> collect(const BootStatus& status,
                                 std::vector<std::string> StageStatus::* texts) {
  std::vector<std::string> all;
  for (const auto& stage : status.stages) {
    const auto& more = stage.*texts;
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace

std::optional<std::size_t> find_stage_index(Stage stage) {
  switch (stage) {
    case Stage::kLocal:
      return 0;
    case Stage::kMain:
      return kInit;
    case Stage::kCustomDataEarly:
      return 2;
    case Stage::kCustomData:
      return 3;
    case Stage::kReport:
    case Stage::kClose:
    case Stage::kLink:
    case Stage::kDisks:
      break;
  }
  return std::nullopt;
}

BootStatus describe_boot(const BootRecords& boot) {
  BootStatus status;
  for (const auto& record : boot.stages) {
    const auto index = find_stage_index(record.stage);
    if (!index) {
      add_stage_beside(boot, record, status.stages[kInit]);
      continue;
    }
    auto& stage = status.stages.at(*index);
    stage.recorded = true;
    add_findings(boot, record, stage);
    if (record.outcome == StageOutcome::kRunning) status.running = kStageNames.at(*index);
    if (record.since_boot_us <= 0) continue;
    stage.start = to_seconds(record.since_boot_us);
    if (has_ended(record)) stage.finished = to_seconds(record.since_boot_us + record.took_us);
  }
  return status;
}

void add_unrecorded(BootStatus& status, const BootStatus& earlier) {
  for (std::size_t i = 0; i < kStageNames.size(); ++i) {
    if (status.stages.at(i).recorded) continue;
    const auto& before = earlier.stages.at(i);
    // What a stage beside it recorded stays.
    auto& stage = status.stages.at(i);
    stage.start = before.start;
    stage.finished = before.finished;
    if (stage.errors.empty()) stage.errors = before.errors;
    if (stage.warnings.empty()) stage.warnings = before.warnings;
    if (status.running.empty() && earlier.running == kStageNames.at(i))
      status.running = earlier.running;
  }
  if (status.datasource.empty()) status.datasource = earlier.datasource;
}

void add_error_if_unrecorded(BootStatus& status, Stage stage, const std::string& sentence) {
  const auto index = find_stage_index(stage);
  if (!index) return;
  auto& unrecorded = status.stages.at(*index);
  if (!unrecorded.recorded && unrecorded.errors.empty()) unrecorded.errors.push_back(sentence);
}

bool runs_by_record(const BootStatus& status) {
  const auto running = std::ranges::find(kStageNames, status.running);
  if (running == kStageNames.end()) return false;
  return status.stages.at(static_cast<std::size_t>(running - kStageNames.begin())).recorded;
}

json to_json(const StageStatus& stage) {
  json warnings = json::object();
  if (!stage.warnings.empty()) warnings["WARNING"] = stage.warnings;
  return {{"errors", stage.errors},
          {"finished", or_null(stage.finished)},
          {"recoverable_errors", std::move(warnings)},
          {"start", or_null(stage.start)}};
}

std::string status_to_json(const BootStatus& status) {
  json v1 = {{"datasource", status.datasource.empty() ? json(nullptr) : json(status.datasource)},
             {"stage", status.running.empty() ? json(nullptr) : json(status.running)}};
  for (std::size_t i = 0; i < kStageNames.size(); ++i)
    v1[kStageNames.at(i)] = to_json(status.stages.at(i));
  return dump({{"v1", std::move(v1)}});
}

Result<BootStatus> parse_status(std::string_view text) {
  const auto parsed = OR_RETURN(parse_json(text, kStatusLimit, Reason::kState));
  const auto* v1 = find_member(parsed, "v1");
  if (v1 == nullptr || !v1->is_object()) return fail(Reason::kState, "status.json has no v1");
  BootStatus status = {.datasource = text_member(*v1, "datasource"),
                       .running = text_member(*v1, "stage")};
  for (std::size_t i = 0; i < kStageNames.size(); ++i) {
    if (const auto* stage = find_member(*v1, kStageNames.at(i)))
      status.stages.at(i) = read_stage(*stage);
  }
  return status;
}

std::string result_to_json(const BootStatus& status) {
  return dump(
      {{"v1",
        {{"datasource", status.datasource.empty() ? json(nullptr) : json(status.datasource)},
         {"errors", list_errors(status)}}}});
}

std::vector<std::string> list_errors(const BootStatus& status) {
  return collect(status, &StageStatus::errors);
}

std::vector<std::string> list_warnings(const BootStatus& status) {
  return collect(status, &StageStatus::warnings);
}

}  // namespace azl::provision::cloud_init
