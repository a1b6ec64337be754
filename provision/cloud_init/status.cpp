#include "provision/cloud_init/status.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/rfc5322.h"
#include "base/text.h"
#include "provision/cloud_init/yaml.h"

namespace azl::provision::cloud_init {
namespace {

using nlohmann::json;

bool has_begun(const BootStatus& boot) {
  return !boot.running.empty() || std::ranges::any_of(boot.stages, [](const StageStatus& stage) {
    return stage.recorded || stage.start.has_value();
  });
}

/// Whether anything is still to come on this boot, and what that is called.
struct Progress {
  Running running;
  bool waits;
};

Progress decide_progress(const Situation& situation) {
  if (situation.disabled != Disabled::kNo) return {Running::kDisabled, false};
  if (!situation.boot.running.empty()) return {Running::kRunning, true};
  if (situation.finished || !situation.unrecorded.empty()) return {Running::kDone, false};
  if (!situation.provisioned && !situation.main_ended) {
    const bool begun = has_begun(situation.boot);
    return {begun ? Running::kRunning : Running::kNotStarted, begun || situation.will_start};
  }
  const bool more = situation.items_due || situation.will_finish;
  return {more ? Running::kRunning : Running::kDone, more};
}

std::string find_code(Disabled disabled) {
  switch (disabled) {
    case Disabled::kNo:
      break;
    case Disabled::kByMarkerFile:
      return "disabled-by-marker-file";
    case Disabled::kByKernelCommandLine:
      return "disabled-by-kernel-command-line";
    case Disabled::kByAnythingElse:
      return "disabled-by-generator";
  }
  return "enabled-by-generator";
}

std::string describe_detail(const Situation& situation, Running running) {
  if (running == Running::kDisabled) return situation.why_disabled;
  if (!situation.boot.datasource.empty()) return situation.boot.datasource;
  if (!situation.boot.running.empty()) return "Running in stage: " + situation.boot.running;
  if (!situation.unrecorded.empty()) return situation.unrecorded;
  if (running == Running::kRunning) return "azl-provision provisions this VM";
  return "azl-provision has not provisioned this VM";
}

/// When a stage last began or ended.
std::string find_last_update(const BootStatus& boot, Duration uptime, WallTime now) {
  double last = 0;
  for (const auto& stage : boot.stages)
    last = std::max({last, stage.start.value_or(0), stage.finished.value_or(0)});
  if (last <= 0) return {};
  const auto since = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(last));
  return rfc5322(now - (uptime - since));
}

std::string_view to_word(Running running) {
  switch (running) {
    case Running::kNotStarted:
      return "not started";
    case Running::kRunning:
      return "running";
    case Running::kDone:
      return "done";
    case Running::kDisabled:
      return "disabled";
  }
  std::unreachable();
}

/// "\n\t- " and a text, for each.
std::string list_lines(const std::vector<std::string>& texts) {
  std::string lines;
  for (const auto& text : texts) lines += "\n\t- " + printable_line(text);
  return lines;
}

json to_json(const Status& status) {
  json warnings = json::object();
  if (!status.warnings.empty()) warnings["WARNING"] = status.warnings;
  // "DataSourceAzure [seed=/dev/sr0]" is "azure" for cloud-init.
  json all = {{"boot_status_code", status.code},
              {"datasource", status.boot.datasource.empty() ? "" : "azure"},
              {"detail", status.detail},
              {"errors", status.errors},
              {"extended_status", describe_extended_state(status)},
              {"last_update", status.last_update},
              {"recoverable_errors", std::move(warnings)},
              {"status", describe_state(status)}};
  if (!has_begun(status.boot)) return all;
  all["stage"] = status.boot.running.empty() ? json(nullptr) : json(status.boot.running);
  for (std::size_t i = 0; i < kStageNames.size(); ++i)
    all[kStageNames.at(i)] = cloud_init::to_json(status.boot.stages.at(i));
  return all;
}

}  // namespace

Status decide_status(const Situation& given, Duration uptime, WallTime now) {
  auto situation = given;
  // A stage that was killed at its beginning has left its name in status.json.
  if (situation.finished && !runs_by_record(situation.boot)) situation.boot.running.clear();
  const auto [running, waits] = decide_progress(situation);
  Status status = {.running = running,
                   .waits = waits,
                   .code = find_code(situation.disabled),
                   .detail = describe_detail(situation, running)};
  if (running == Running::kDisabled) return status;
  status.boot = situation.boot;
  status.last_update = find_last_update(situation.boot, uptime, now);
  status.errors = list_errors(situation.boot);
  status.warnings = list_warnings(situation.boot);
  // result.json may have it already.
  if (!situation.unrecorded.empty() &&
      std::ranges::find(status.errors, situation.unrecorded) == status.errors.end())
    status.errors.push_back(situation.unrecorded);
  return status;
}

Status make_running(Status status) {
  if (status.running == Running::kDisabled) return status;
  status.running = Running::kRunning;
  status.waits = false;
  status.errors.clear();
  status.warnings.clear();
  return status;
}

std::string describe_state(const Status& status) {
  return std::string(status.errors.empty() ? to_word(status.running) : "error");
}

std::string describe_extended_state(const Status& status) {
  const std::string word(to_word(status.running));
  if (!status.errors.empty()) return "error - " + word;
  const bool can_be_degraded =
      status.running == Running::kDone || status.running == Running::kRunning;
  return !status.warnings.empty() && can_be_degraded ? "degraded " + word : word;
}

int find_exit_status(const Status& status) {
  if (!status.errors.empty()) return 1;
  return status.warnings.empty() ? 0 : 2;
}

std::string print_tabular(const Status& status, bool long_form) {
  std::string text = "status: " + describe_state(status) + "\n";
  if (!long_form) return text;
  text += "extended_status: " + describe_extended_state(status) + "\n";
  text += "boot_status_code: " + status.code + "\n";
  if (!status.last_update.empty()) text += "last_update: " + status.last_update + "\n";
  text += "detail: " + printable_line(status.detail) + "\n";
  text += "errors:" + (status.errors.empty() ? " []" : list_lines(status.errors)) + "\n";
  text += "recoverable_errors:" +
          (status.warnings.empty() ? " {}" : "\nWARNING:" + list_lines(status.warnings)) + "\n";
  return text;
}

std::string print_json(const Status& status) {
  return to_json(status).dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

std::string print_yaml(const Status& status) {
  return "---\n" + to_yaml(to_json(status)) + "...\n\n";
}

}  // namespace azl::provision::cloud_init
