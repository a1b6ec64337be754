#include "provision/report/status.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/report/headline.h"

namespace azl::provision {
namespace {

bool is_state_of_this_vm(const ReportInputs& inputs) {
  return !inputs.state.vm_id.empty() && imds::same_vm(inputs.state.vm_id, inputs.vm_id);
}

std::string name_of(const StageRecord& stage) { return std::string(to_string(stage.stage)); }

/// Returns the first stage of provisioning with that outcome, or null.
const StageRecord* find_first(const BootRecords& boot, StageOutcome outcome) {
  const auto found = std::ranges::find_if(
      boot.stages, [&](const auto& stage) { return stage.outcome == outcome && !is_aside(stage); });
  return found == boot.stages.end() ? nullptr : &*found;
}

/// ", for 12 s, waiting for useradd, at most 18 s more"; what is not known is left out.
std::string describe_wait(const Wait& wait) {
  std::string text;
  if (wait.elapsed_us > 0) text += ", for " + describe_seconds(wait.elapsed_us);
  if (!wait.what.empty()) text += ", waiting for " + printable(wait.what);
  if (wait.left_us > 0) text += ", at most " + describe_seconds(wait.left_us) + " more";
  return text;
}

/// Returns how this boot's provisioning stands, or nullopt if its records do not tell.
std::optional<Status> decide_by_records(const BootRecords& boot, const Here& here) {
  if (const auto* running = find_first(boot, StageOutcome::kRunning)) {
    const auto step = running->steps.empty() ? "" : ", step " + running->steps.back().name;
    return Status{kExitInProgress, "stage " + name_of(*running) + " is running" + step +
                                       describe_wait(find_wait(*running, here.now_us))};
  }
  if (const auto* dead = find_first(boot, StageOutcome::kInterrupted)) {
    const auto step = dead->steps.empty() ? "" : " at step " + dead->steps.back().name;
    return Status{kExitFailed, "stage " + name_of(*dead) + " was interrupted" + step +
                                   "; to continue it, reboot or run 'azl-provision run --stage=" +
                                   name_of(*dead) + "'"};
  }
  const auto* main = find_stage(boot, Stage::kMain);
  if (main != nullptr && main->outcome == StageOutcome::kFailed)
    return Status{kExitFailed,
                  here.sees_firmware
                      ? "provisioning failed on this boot; 'azl-provision --report' shows why"
                      : "provisioning failed on the last boot of this disk; 'azl-provision "
                        "--report --root=DIR' shows why"};
  return std::nullopt;
}

/// Returns what the stages beside provisioning did not do, a few words each.
std::vector<std::string> describe_defects_aside(const BootRecords& boot) {
  std::vector<std::string> defects;
  for (const auto& stage : boot.stages) {
    if (!is_aside(stage)) continue;
    if (stage.outcome == StageOutcome::kDegraded)
      defects.push_back("stage " + name_of(stage) + " has warnings");
    if (has_left_work(stage)) defects.push_back("stage " + name_of(stage) + " was interrupted");
  }
  return defects;
}

/// "; stage custom-data is running, step runcmd, for 12 s" for each stage beside provisioning.
std::string describe_running_aside(const BootRecords& boot, const Here& here) {
  std::string text;
  for (const auto& stage : boot.stages) {
    if (!is_aside(stage) || stage.outcome != StageOutcome::kRunning) continue;
    text += "; stage " + name_of(stage) + " is running";
    if (!stage.steps.empty()) text += ", step " + stage.steps.back().name;
    text += describe_wait(find_wait(stage, here.now_us));
  }
  return text;
}

}  // namespace

Status decide_status(const ReportInputs& inputs) {
  if (!inputs.here.acts && inputs.here.sees_firmware) return {kExitNotHere, inputs.here.why_not};
  const auto* boot = find_running_boot(inputs);
  if (boot != nullptr) {
    if (auto status = decide_by_records(*boot, inputs.here)) return *status;
  }
  if (inputs.main_unrecorded)
    return {kExitFailed, inputs.full.empty()
                             ? "the main stage ended without a record"
                             : "there is no record of the main stage, because the disk is full: " +
                                   inputs.full + " has no space"};
  if (is_state_of_this_vm(inputs) && inputs.state.provisioned) {
    const auto& done = *inputs.state.provisioned;
    const auto text = "provisioned at " + done.at + " by " + done.by;
    const auto running = boot == nullptr ? "" : describe_running_aside(*boot, inputs.here);
    if (inputs.state.untold)
      return {kExitDegraded, text + "; the platform has not been told yet" + running};
    if (done.degraded) return {kExitDegraded, text + ", with warnings" + running};
    const auto defects =
        boot == nullptr ? std::vector<std::string>() : describe_defects_aside(*boot);
    if (!defects.empty())
      return {kExitDegraded, text + "; on this boot, " + join(defects, " and ") + running};
    return {kExitDone, text + running};
  }
  if (!inputs.here.sees_firmware) return {kExitNotHere, inputs.here.why_not};
  const auto has = [&](Stage stage) {
    return boot != nullptr && find_stage(*boot, stage) != nullptr;
  };
  if ((has(Stage::kLocal) || inputs.here.will_start) && !has(Stage::kMain))
    return {kExitInProgress, "the main stage has not started yet"};
  return {kExitNotHere, "azl-provision has not provisioned this VM"};
}

std::string_view outcome_word(int exit_status) {
  constexpr std::array<std::string_view, 5> kWords = {"ready", "failed", "degraded", "not-here",
                                                      "in-progress"};
  return kWords.at(static_cast<std::size_t>(exit_status));
}

bool guest_agent_may_start(const ReportInputs& inputs) {
  if (!inputs.here.acts) return true;
  return is_state_of_this_vm(inputs) && inputs.state.provisioned && !inputs.state.untold &&
         inputs.state.guest_agent;
}

}  // namespace azl::provision
