#include "provision/report/phrases.h"

#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "provision/record/advice.h"
#include "provision/report/headline.h"
#include "provision/report/status.h"

namespace azl::provision {
namespace {

using Label = Clause::Label;

std::string word(auto value) { return std::string(to_string(value)); }

/// "stage main, step "lease"": where a stage is, or was.
std::string describe_place(const StageRecord& stage) {
  return "stage " + word(stage.stage) +
         (stage.steps.empty() ? "" : ", step \"" + stage.steps.back().name + "\"");
}

/// What continues an interrupted stage.
std::string describe_resumption(const StageRecord& stage) {
  return "reboot, or run 'azl-provision run --stage=" + word(stage.stage) + "'";
}

/// Describes a boot that was not an ordinary first one.
std::string describe_course(const StageRecord& main) {
  if (main.course == "specialized")
    return " (a specialized image or a restored disk: its users are unchanged)";
  if (main.course == "adopted") return " (by another agent, whose work was adopted)";
  return {};
}

Outcome describe_failure(const FindingRecord& failure) {
  const auto kind = describe_kind(failure);
  Outcome outcome{.word = "FAILED",
                  .mood = Mood::kBad,
                  .rest = (kind.empty() ? "" : ": " + kind + ",") + " at step \"" + failure.step +
                          "\": this VM is not provisioned.",
                  .is_explained = true,
                  .clauses = {},
                  .more = {}};
  for (const auto& link : failure.chain)
    outcome.clauses.push_back(
        {.label = outcome.clauses.empty() ? Label::kWhy : Label::kBecause, .words = link});
  outcome.clauses.push_back({.label = Label::kDo, .words = failure.advice + "."});
  return outcome;
}

Outcome describe_interruption(const StageRecord& stage) {
  return {
      .word = "INTERRUPTED",
      .mood = Mood::kBad,
      .rest = ": " + describe_place(stage),
      .clauses = {{.label = Label::kWhy,
                   .words = "it was killed, or the power failed; the journal may say more"},
                  {.label = Label::kDo, .words = "to continue it, " + describe_resumption(stage)}},
      .more = {}};
}

Outcome describe_progress(const StageRecord* stage, std::int64_t now_us) {
  Outcome outcome{.word = "IN PROGRESS",
                  .mood = Mood::kWarning,
                  .rest = ": the main stage has not started yet.",
                  .clauses = {},
                  .more = {}};
  if (stage == nullptr) return outcome;
  const auto wait = find_wait(*stage, now_us);
  outcome.rest = ": " + describe_place(*stage) +
                 (wait.elapsed_us > 0 ? ", for " + describe_seconds(wait.elapsed_us) : "");
  if (!wait.what.empty())
    outcome.clauses.push_back(
        {.label = Label::kWaitsFor,
         .words =
             wait.what +
             (wait.left_us > 0 ? ", at most " + describe_seconds(wait.left_us) + " more" : "")});
  if (!wait.last_error.empty())
    outcome.clauses.push_back({.label = Label::kLastError, .words = wait.last_error});
  return outcome;
}

/// The main stage ran and could not leave a record.
Outcome describe_unrecorded(const ReportInputs& inputs) {
  Outcome outcome{.word = "FAILED",
                  .mood = Mood::kBad,
                  .rest = ": the main stage ended without a record.",
                  .is_explained = true,
                  .clauses = {},
                  .more = {}};
  if (inputs.full.empty()) {
    outcome.clauses = {
        {.label = Label::kDo,
         .words = "Run 'journalctl -b SYSLOG_IDENTIFIER=azl-provision' to see how it ended, "
                  "then reboot."}};
    return outcome;
  }
  outcome.rest = ": disk full: this VM is not provisioned.";
  outcome.clauses = {
      {.label = Label::kWhy,
       .words = "there is no record of the main stage, because " + inputs.full + " has no space"},
      {.label = Label::kDo, .words = std::string(advice_for(Reason::kDiskFull).text) + "."}};
  return outcome;
}

Outcome describe_ready(std::size_t warnings, std::string sentence) {
  Outcome outcome{
      .word = "READY", .mood = Mood::kGood, .rest = std::move(sentence), .clauses = {}, .more = {}};
  if (warnings == 0) return outcome;
  outcome.word = "READY WITH " + describe_count(warnings, "WARNING", "WARNINGS");
  outcome.mood = Mood::kWarning;
  return outcome;
}

std::string describe_unfinished(const StageRecord& stage) {
  return stage.outcome == StageOutcome::kRunning
             ? "Still running: " + describe_place(stage) + "."
             : "Interrupted: " + describe_place(stage) + ". To continue it, " +
                   describe_resumption(stage) + ".";
}

Outcome describe_no_records(const ReportInputs& inputs) {
  if (inputs.main_unrecorded) return describe_unrecorded(inputs);
  const auto* outcome = !inputs.here.acts          ? "NOT RUN HERE"
                        : inputs.state.provisioned ? "NOTHING TO DO ON THIS BOOT"
                                                   : "NO RECORD";
  return {
      .word = outcome, .rest = ": " + decide_status(inputs).sentence, .clauses = {}, .more = {}};
}

Outcome describe_headline(const ReportInputs& inputs, const Headline& headline) {
  using enum Headline::Outcome;
  switch (headline.outcome) {
    case kFailed:
      return describe_failure(*headline.failure);
    case kInterrupted:
      return describe_interruption(*headline.stage);
    case kInProgress:
      return describe_progress(headline.stage, inputs.here.now_us);
    case kReadyBefore:  // a later boot, on which for example a NIC came or went
      return describe_ready(headline.warnings, ": this VM was provisioned on an earlier boot.");
    case kReady:
      break;
  }
  return describe_ready(headline.warnings,
                        ": this VM is provisioned" + describe_course(*headline.stage) + ".");
}

/// Adds what else must be known at once.
void add_more(Outcome& outcome, const ReportInputs& inputs, const ReportChoice& choice,
              const Headline& headline) {
  for (const auto* stage : headline.unfinished)
    outcome.more.push_back({.words = describe_unfinished(*stage), .mood = Mood::kWarning});
  if (choice.earlier)
    outcome.more.push_back({.words = "This boot had nothing to do; what follows is from boot " +
                                     choice.boot->boot_id + ".",
                            .mood = Mood::kDim});
  if (inputs.state.untold)
    outcome.more.push_back({.words = std::string("The platform has not been told \"") +
                                     (inputs.state.untold->ready ? "Ready" : "NotReady") +
                                     "\" yet.",
                            .mood = Mood::kWarning});
}

}  // namespace

std::vector<Outcome> describe_outcomes(const ReportInputs& inputs, const ReportChoice& choice) {
  if (choice.boot == nullptr) return {describe_no_records(inputs)};
  std::vector<Outcome> outcomes;
  const bool unrecorded = inputs.main_unrecorded && choice.boot->boot_id == inputs.boot_id;
  if (unrecorded) outcomes.push_back(describe_unrecorded(inputs));
  const auto headline = decide_headline(*choice.boot, inputs.state.provisioned.has_value());
  if (!unrecorded || headline.outcome != Headline::Outcome::kInProgress)
    outcomes.push_back(describe_headline(inputs, headline));
  add_more(outcomes.back(), inputs, choice, headline);
  return outcomes;
}

std::string describe_size(std::uint64_t bytes) {
  constexpr std::uint64_t kTenthOfGiB = (1ULL << 30U) / 10;
  constexpr std::uint64_t kMiB = 1ULL << 20U;
  if (bytes < 10 * kTenthOfGiB) return std::to_string(bytes / kMiB) + " MiB";
  const auto tenths = bytes / kTenthOfGiB;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

std::string time_of_day(const std::string& at, std::size_t length) {
  constexpr std::size_t kDate = 11;  // "2026-11-23T"
  return at.size() > kDate ? at.substr(kDate, length) : "-";
}

std::string describe_link(const LinkRecord& link) {
  return link.mac + "  " + (link.driver.empty() ? "no driver" : link.driver) + "  " + link.role +
         (link.primary ? ", primary" : "") +
         (link.addresses.empty() ? ", no address" : ", " + join(link.addresses, " "));
}

std::string describe_acceleration(const AccelerationRecord& acceleration) {
  if (acceleration.why.empty() || acceleration.vf.empty()) return acceleration.why;
  return acceleration.why + " (" + acceleration.driver + (acceleration.pci.empty() ? "" : " at ") +
         acceleration.pci + ")";
}

std::string describe_disk(const DiskRecord& disk) {
  const auto number = disk.number < 0 ? std::string() : " " + std::to_string(disk.number);
  return disk.kind + number + (disk.size > 0 ? ", " + describe_size(disk.size) : "");
}

std::string describe_user(const UserRecord& user) {
  return user.name + (user.groups.empty() ? "" : " (" + join(user.groups, ", ") + ")") +
         ", password " + (user.password.empty() ? "unchanged" : user.password);
}

std::string describe_told(const ToldRecord& told) {
  return told.what + (told.delivered ? " by " + told.how : ", NOT DELIVERED") +
         (told.description.empty() ? "" : ": " + told.description);
}

std::string describe_attested(const AttestedRecord& attested) {
  if (attested.verdict == Attested::kNotAsked) return {};
  if (attested.verdict != Attested::kVerified) return "Not verified: " + attested.why + ".";
  const auto subscription = attested.subscription_id.empty()
                                ? std::string()
                                : ", in subscription " + attested.subscription_id;
  const auto plan = attested.plan.empty() ? std::string() : ", with the plan " + attested.plan;
  return "Azure (" + attested.signer + ") signed that this is VM " + attested.vm_id + subscription +
         ", at " + attested.created + plan + ".";
}

std::string describe_tools(const StepRecord& step) {
  std::string tools;
  for (const auto& tool : step.tools)
    tools += (tools.empty() ? "ran " : ", ") + tool.program + " " +
             describe_duration(tool.wall_us) + (tool.ok ? "" : " (failed)");
  return tools;
}

std::string describe_stage(const StageRecord& stage) {
  return word(stage.stage) + ": " + word(stage.outcome) + ", " + describe_duration(stage.took_us) +
         ", CPU " + describe_duration(stage.cpu_us) + " own + " +
         describe_duration(stage.children_cpu_us) + " of programs, " +
         std::to_string(stage.max_rss_kib / 1024) + " MiB";
}

const StageRecord* find_last_links(const BootRecords& boot) {
  const StageRecord* last = nullptr;
  for (const auto& stage : boot.stages) {
    if (!stage.links.empty()) last = &stage;
  }
  return last;
}

}  // namespace azl::provision
