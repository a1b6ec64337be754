#include "provision/report/report.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/engine/gate.h"
#include "provision/gather/tree.h"

namespace azl::provision {
namespace {

bool ours(const ReportInputs& inputs) {
  return !inputs.state.vm_id.empty() && imds::same_vm(inputs.state.vm_id, inputs.vm_id);
}

const BootRecords* running_boot(const ReportInputs& inputs) {
  const auto found = std::ranges::find(inputs.boots, inputs.boot_id, &BootRecords::boot_id);
  return found == inputs.boots.end() ? nullptr : &*found;
}

/// Whether a run of this stage holds its lock: what its record says of "running" would be true of a
/// killed one too.
bool is_locked(const Root& root, Stage stage) {
  const auto lock =
      root.open_file(std::string(kRunDirectory) + "/" + std::string(to_string(stage)) + ".lock",
                     O_RDONLY | O_NOFOLLOW);
  return lock && ::flock(lock->get(), LOCK_SH | LOCK_NB) != 0;
}

/// Returns whether there was any.
bool mark_interrupted(const Root& root, std::vector<BootRecords>& boots) {
  bool any = false;
  for (auto& boot : boots) {
    for (auto& stage : boot.stages) {
      if (stage.outcome != StageOutcome::kRunning || is_locked(root, stage.stage)) continue;
      stage.outcome = StageOutcome::kInterrupted;
      any = true;
    }
  }
  return any;
}

std::vector<BootRecords> load_boots_now(const Root& root) {
  auto boots = load_boots(root);
  if (!mark_interrupted(root, boots)) return boots;
  // Or it came to its end between the two looks: then its record stands by now.
  boots = load_boots(root);
  mark_interrupted(root, boots);
  return boots;
}

/// A stage beside provisioning that ended with warnings, or left disks half done; null: none.
const StageRecord* find_degraded(const BootRecords& boot) {
  const auto found = std::ranges::find_if(boot.stages, [](const auto& stage) {
    return is_aside(stage) &&
           (stage.outcome == StageOutcome::kDegraded ||
            (stage.outcome == StageOutcome::kInterrupted && stage.stage == Stage::kDisks));
  });
  return found == boot.stages.end() ? nullptr : &*found;
}

}  // namespace

bool is_aside(const StageRecord& stage) {
  return stage.stage == Stage::kReport || stage.stage == Stage::kLink ||
         stage.stage == Stage::kDisks;
}

ReportInputs gather_report(const Root& root) {
  ReportInputs inputs;
  const auto gate = check_gate(root);
  inputs.here = gate.open;
  inputs.not_here_why = gate.why;
  inputs.expected = root.live() && is_unit_enabled(root, "azl-provision.target");
  inputs.vm_id = gate.identity.vm_id;
  inputs.boot_id = boot_id_of(root);
  // The records before the state: a stage that ends meanwhile has written its state already.
  inputs.boots = load_boots_now(root);
  if (auto state = load_state(root)) {
    inputs.state = std::move(*state);
    inputs.state.forget_untold_of_others(inputs.vm_id.empty() ? inputs.state.vm_id : inputs.vm_id);
  } else {
    inputs.unseen.push_back(state.error().to_string());
  }
  // product_uuid is for root only: without it, what the state remembers must do.
  if (inputs.vm_id.empty() && !inputs.state.vm_id.empty()) {
    inputs.vm_id = inputs.state.vm_id;
    if (::geteuid() != 0)
      inputs.unseen.emplace_back(
          "the firmware's VM id is for root only; it is taken to be the remembered one");
  }
  for (const auto& boot : inputs.boots) {
    for (const auto& unread : boot.unread) inputs.unseen.push_back(unread);
  }
  return inputs;
}

Result<ReportChoice> choose_boot(const ReportInputs& inputs, const std::string& which) {
  const auto named = std::ranges::find(inputs.boots, which, &BootRecords::boot_id);
  if (named != inputs.boots.end()) return ReportChoice{&*named, false};
  int back = 0;
  const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), back);
  if (error != std::errc() || end != which.data() + which.size() || back > 0) {
    return fail(Reason::kUsage,
                "'" + printable(which) +
                    "' is neither 0, nor -1, -2, …, nor the id of a boot that --list shows");
  }
  const auto* running = running_boot(inputs);
  if (back == 0 && running == nullptr && !inputs.boots.empty()) {
    const auto first = std::ranges::find(
        inputs.boots, inputs.state.provisioned ? inputs.state.provisioned->boot_id : "",
        &BootRecords::boot_id);
    return ReportChoice{first == inputs.boots.end() ? &inputs.boots.back() : &*first, true};
  }
  if (back == 0) return ReportChoice{running, false};
  const auto others = static_cast<int>(inputs.boots.size()) - (running != nullptr ? 1 : 0);
  if (back < -others)
    return fail(Reason::kUsage, "there are records of only " + std::to_string(others) +
                                    " earlier boots; --list shows them");
  return ReportChoice{
      &inputs.boots[static_cast<std::size_t>(others) - static_cast<std::size_t>(-back)], false};
}

Status status_of(const ReportInputs& inputs) {
  if (!inputs.here) return {kExitNotHere, inputs.not_here_why};
  const auto* boot = running_boot(inputs);
  const auto has = [&](Stage stage) {
    return boot != nullptr &&
           std::ranges::find(boot->stages, stage, &StageRecord::stage) != boot->stages.end();
  };
  if (boot != nullptr) {
    for (const auto& stage : boot->stages) {
      if (stage.outcome == StageOutcome::kRunning && !is_aside(stage)) {
        return {kExitInProgress,
                "stage " + std::string(to_string(stage.stage)) + " is running" +
                    (stage.steps.empty() ? "" : ", step " + stage.steps.back().name)};
      }
    }
    const auto dead = std::ranges::find_if(boot->stages, [](const auto& stage) {
      return stage.outcome == StageOutcome::kInterrupted && !is_aside(stage);
    });
    if (dead != boot->stages.end()) {
      return {kExitFailed, "stage " + std::string(to_string(dead->stage)) + " was interrupted" +
                               (dead->steps.empty() ? "" : " at step " + dead->steps.back().name) +
                               "; a reboot, or 'azl-provision run --stage=" +
                               std::string(to_string(dead->stage)) + "', goes on from there"};
    }
    const auto main = std::ranges::find(boot->stages, Stage::kMain, &StageRecord::stage);
    if (main != boot->stages.end() && main->outcome == StageOutcome::kFailed)
      return {kExitFailed, "provisioning failed on this boot; 'azl-provision --report' says why"};
  }
  if (ours(inputs) && inputs.state.provisioned) {
    const auto& done = *inputs.state.provisioned;
    const auto text = "provisioned at " + done.at + " by " + done.by;
    if (inputs.state.untold) return {kExitDegraded, text + "; the platform has not been told yet"};
    if (done.degraded) return {kExitDegraded, text + ", with warnings"};
    const auto* beside = boot == nullptr ? nullptr : find_degraded(*boot);
    if (beside != nullptr) {
      const auto* what =
          beside->outcome == StageOutcome::kDegraded ? " has warnings" : " was interrupted";
      return {kExitDegraded,
              text + "; on this boot, stage " + std::string(to_string(beside->stage)) + what};
    }
    return {kExitDone, text};
  }
  if ((has(Stage::kLocal) || inputs.expected) && !has(Stage::kMain))
    return {kExitInProgress, "the main stage has not begun yet"};
  return {kExitNotHere, "this VM has not been provisioned by azl-provision"};
}

bool guest_agent_may_start(const ReportInputs& inputs) {
  if (!inputs.here) return true;
  return ours(inputs) && inputs.state.provisioned && !inputs.state.untold &&
         inputs.state.guest_agent;
}

std::string report_list(const ReportInputs& inputs) {
  std::string text;
  const auto* running = running_boot(inputs);
  const auto others = static_cast<int>(inputs.boots.size()) - (running != nullptr ? 1 : 0);
  for (int i = 0; i < static_cast<int>(inputs.boots.size()); ++i) {
    const auto& boot = inputs.boots[static_cast<std::size_t>(i)];
    const auto number = &boot == running ? std::string("0") : std::to_string(i - others);
    text += std::string(number.size() < 4 ? 4 - number.size() : 0, ' ') + number + "  " +
            printable(boot.boot_id);
    if (!boot.stages.empty()) text += "  " + printable(boot.stages.front().started.substr(0, 19));
    for (const auto& stage : boot.stages)
      text +=
          "  " + std::string(to_string(stage.stage)) + ": " + std::string(to_string(stage.outcome));
    text += "\n";
  }
  return text.empty() ? "no records\n" : text;
}

std::string report_json(const ReportInputs& inputs, const ReportChoice& choice) {
  using Json = nlohmann::ordered_json;
  const auto status = status_of(inputs);
  constexpr std::array<std::string_view, 5> kOutcomes = {"ready", "failed", "degraded", "not-here",
                                                         "in-progress"};
  Json json = {{"schema_version", 1},
               {"outcome", kOutcomes.at(static_cast<std::size_t>(status.exit_status))},
               {"summary", status.sentence},
               {"vm_id", inputs.vm_id},
               {"boot_id", choice.boot != nullptr ? choice.boot->boot_id : inputs.boot_id},
               {"earlier_boot", choice.earlier},
               {"unseen", inputs.unseen},
               {"state", inputs.state.vm_id.empty() ? Json() : Json::parse(to_json(inputs.state))},
               {"stages", Json::array()}};
  if (choice.boot != nullptr) {
    for (const auto& stage : choice.boot->stages)
      json["stages"].push_back(Json::parse(to_json(stage)));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace azl::provision
