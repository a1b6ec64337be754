#include "provision/report/long_status.h"

#include <cstddef>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/count.h"
#include "base/text.h"
#include "provision/report/headline.h"
#include "provision/report/page.h"
#include "provision/report/stage_summary.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;

/// The boot that the stages are from, and what its records say.
struct Shown {
  ReportChoice choice;
  std::size_t warnings = 0;
  std::size_t notes = 0;
};

std::size_t count_notes(const BootRecords& boot) {
  std::size_t notes = 0;
  for (const auto& stage : boot.stages) {
    for (const auto& finding : stage.findings) {
      if (severity_now(boot, finding) == Severity::kNote) ++notes;
    }
  }
  return notes;
}

/// Chooses the boot that `--report` is about.
Shown choose_shown(const ReportInputs& inputs) {
  Shown shown;
  if (const auto choice = choose_boot(inputs, "0")) shown.choice = *choice;
  if (shown.choice.boot == nullptr) return shown;
  const bool provisioned = inputs.state.provisioned.has_value();
  shown.warnings = decide_headline(*shown.choice.boot, provisioned).warnings;
  shown.notes = count_notes(*shown.choice.boot);
  return shown;
}

/// Returns the running stage that `status` speaks of: one of provisioning, else one beside it. Null
/// if none runs.
const StageRecord* find_running(const BootRecords* boot) {
  if (boot == nullptr) return nullptr;
  const StageRecord* aside = nullptr;
  for (const auto& stage : boot->stages) {
    if (stage.outcome != StageOutcome::kRunning) continue;
    if (!is_aside(stage)) return &stage;
    if (aside == nullptr) aside = &stage;
  }
  return aside;
}

Colour colour_of(StageOutcome outcome) {
  switch (outcome) {
    case StageOutcome::kFailed:
    case StageOutcome::kInterrupted:
      return Colour::kBad;
    case StageOutcome::kRunning:
    case StageOutcome::kDegraded:
      return Colour::kWarning;
    case StageOutcome::kReady:
      break;
  }
  return Colour::kPlain;
}

void add_sentence(Page& page, const Status& status) {
  switch (status.exit_status) {
    case kExitDone:
      return page.add_headline("READY", Colour::kGood, ": " + status.sentence);
    case kExitDegraded:
      return page.add_headline("READY WITH WARNINGS", Colour::kWarning, ": " + status.sentence);
    case kExitInProgress:
      return page.add_headline("IN PROGRESS", Colour::kWarning, ": " + status.sentence);
    case kExitNotHere:
      return page.add_headline("NOT RUN HERE", Colour::kBold, ": " + status.sentence);
    default:
      return page.add_headline("FAILED", Colour::kBad, ": " + status.sentence);
  }
}

/// Adds the stages, a line each: "main: ready, 2026-01-02 03:04:05 UTC, took 1.50 s".
void add_stages(Page& page, const BootRecords& boot) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kTime = 8;
  for (const auto& stage : boot.stages) {
    auto line = std::string(to_string(stage.stage)) + ": " + std::string(to_string(stage.outcome));
    if (stage.started.size() > kDate + kTime)
      line += ", " + stage.started.substr(0, kDate) + " " + stage.started.substr(kDate + 1, kTime) +
              " UTC";
    const bool ended =
        stage.outcome != StageOutcome::kRunning && stage.outcome != StageOutcome::kInterrupted;
    if (ended) line += ", took " + describe_duration(stage.took_us);
    page.add_paragraph(&stage == &boot.stages.front() ? "  Stages   " : "           ", line,
                       colour_of(stage.outcome));
  }
}

void add_running(Page& page, const StageRecord& stage, std::int64_t now_us) {
  const auto wait = find_wait(stage, now_us);
  const auto step = stage.steps.empty() ? "" : ", step " + stage.steps.back().name;
  page.add_paragraph("  Running  ",
                     "stage " + std::string(to_string(stage.stage)) + step +
                         (wait.elapsed_us > 0 ? ", for " + describe_seconds(wait.elapsed_us) : ""));
  if (!wait.what.empty())
    page.add_paragraph(
        "  Waits    ",
        "for " + wait.what +
            (wait.left_us > 0 ? ", at most " + describe_seconds(wait.left_us) + " more" : ""));
  if (!wait.last_error.empty()) page.add_paragraph("  Error    ", wait.last_error);
}

Json running_json(const StageRecord* stage, std::int64_t now_us) {
  if (stage == nullptr) return nullptr;
  const auto wait = find_wait(*stage, now_us);
  return {{"stage", to_string(stage->stage)},
          {"step", stage->steps.empty() ? "" : stage->steps.back().name},
          {"elapsed_us", wait.elapsed_us},
          {"waits_for", wait.what},
          {"left_us", wait.left_us},
          {"last_error", wait.last_error}};
}

}  // namespace

std::string describe_status(const ReportInputs& inputs, const Status& status,
                            const std::string& root, const TextStyle& style) {
  Page page(style);
  const auto shown = choose_shown(inputs);
  const auto* boot = shown.choice.boot;
  add_sentence(page, status);
  if (!inputs.vm_id.empty()) page.add_paragraph("  VM       ", inputs.vm_id);
  page.add_paragraph("  Boot     ", inputs.boot_id);
  if (shown.choice.earlier)
    page.add_paragraph(
        "", "This boot had nothing to do; the stages are those of boot " + boot->boot_id + ".");
  if (boot != nullptr) {
    add_stages(page, *boot);
    if (const auto* running = find_running(boot)) add_running(page, *running, inputs.here.now_us);
    page.add_paragraph(
        "  Findings ",
        describe_count(shown.warnings, "warning") + ", " + describe_count(shown.notes, "note"),
        shown.warnings > 0 ? Colour::kWarning : Colour::kPlain);
  }
  const auto tree = root == "/" ? "" : " --root=" + root;
  page.add_paragraph("  More     ", "azl-provision --report" + tree);
  if (root == "/") page.add_paragraph("           ", "journalctl -b -u 'azl-provision*'");
  return page.text();
}

std::string status_to_json(const ReportInputs& inputs, const Status& status) {
  const auto shown = choose_shown(inputs);
  const auto* boot = shown.choice.boot;
  Json json = {{"schema_version", 1},
               {"outcome", outcome_word(status.exit_status)},
               {"exit_status", status.exit_status},
               {"sentence", status.sentence},
               {"vm_id", inputs.vm_id},
               {"boot_id", boot != nullptr ? boot->boot_id : inputs.boot_id},
               {"earlier_boot", shown.choice.earlier},
               {"warnings", shown.warnings},
               {"notes", shown.notes},
               {"running", running_json(find_running(boot), inputs.here.now_us)},
               {"stages", Json::array()}};
  if (boot != nullptr) {
    for (const auto& stage : boot->stages) json["stages"].push_back(summarize_stage(stage));
  }
  return printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace azl::provision
