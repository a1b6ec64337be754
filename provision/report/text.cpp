#include "provision/report/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/count.h"
#include "base/text.h"
#include "provision/record/advice.h"
#include "provision/report/headline.h"
#include "provision/report/page.h"
#include "provision/report/status.h"

namespace azl::provision {
namespace {

constexpr std::size_t kNameWidth = 12;    // of a step's name
constexpr std::size_t kTimeWidth = 9;     // of "1234.56 s"
constexpr std::size_t kOutcomeWidth = 9;  // of "unchanged"
constexpr std::size_t kLinkWidth = 16;    // IFNAMSIZ, and a VF's name fills it
constexpr std::size_t kDeviceWidth = 16;

std::string word(auto value) { return std::string(to_string(value)); }

std::string indent(std::size_t width) { return "  " + std::string(width, ' '); }

std::string align_right(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

/// "64.0 GiB"
std::string describe_size(std::uint64_t bytes) {
  constexpr std::uint64_t kTenthOfGiB = (1ULL << 30U) / 10;
  constexpr std::uint64_t kMiB = 1ULL << 20U;
  if (bytes < 10 * kTenthOfGiB) return std::to_string(bytes / kMiB) + " MiB";
  const auto tenths = bytes / kTenthOfGiB;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

/// Returns the time of day of an ISO 8601 time, `length` characters of it; "-" if there is none.
std::string time_of_day(const Page& page, const std::string& at, std::size_t length) {
  constexpr std::size_t kDate = 11;  // "2026-11-23T"
  return page.column(at.size() > kDate ? at.substr(kDate, length) : "-", length + 1);
}

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

void add_failure(Page& page, const FindingRecord& failure) {
  const auto kind = describe_kind(failure);
  page.add_headline("FAILED", Colour::kBad,
                    (kind.empty() ? "" : ": " + kind + ",") + " at step \"" + failure.step +
                        "\": this VM is not provisioned.");
  page.add_blank();
  for (std::size_t i = 0; i < failure.chain.size(); ++i)
    page.add_paragraph(i == 0 ? "  Why:  " : "        because: ", failure.chain[i]);
  page.add_paragraph("  Do:   ", failure.advice + ".");
}

void add_interruption(Page& page, const StageRecord& stage) {
  page.add_headline("INTERRUPTED", Colour::kBad, ": " + describe_place(stage));
  page.add_paragraph("  Why:  ", "it was killed, or the power failed; the journal may say more");
  page.add_paragraph("  Do:   ", "to continue it, " + describe_resumption(stage));
}

void add_progress(Page& page, const StageRecord* stage, std::int64_t now_us) {
  if (stage == nullptr)
    return page.add_headline("IN PROGRESS", Colour::kWarning,
                             ": the main stage has not started yet.");
  const auto wait = find_wait(*stage, now_us);
  page.add_headline("IN PROGRESS", Colour::kWarning,
                    ": " + describe_place(*stage) +
                        (wait.elapsed_us > 0 ? ", for " + describe_seconds(wait.elapsed_us) : ""));
  if (!wait.what.empty())
    page.add_paragraph(
        "  Waits for:  ",
        wait.what +
            (wait.left_us > 0 ? ", at most " + describe_seconds(wait.left_us) + " more" : ""));
  if (!wait.last_error.empty()) page.add_paragraph("  Last error: ", wait.last_error);
}

/// The main stage ran and could not leave a record.
void add_unrecorded(Page& page, const ReportInputs& inputs) {
  if (inputs.full.empty()) {
    page.add_headline("FAILED", Colour::kBad, ": the main stage ended without a record.");
    page.add_blank();
    page.add_paragraph("  Do:   ",
                       "Run 'journalctl -b SYSLOG_IDENTIFIER=azl-provision' to see how it ended, "
                       "then reboot.");
    return;
  }
  page.add_headline("FAILED", Colour::kBad, ": disk full: this VM is not provisioned.");
  page.add_blank();
  page.add_paragraph(
      "  Why:  ", "there is no record of the main stage, because " + inputs.full + " has no space");
  page.add_paragraph("  Do:   ", std::string(advice_for(Reason::kDiskFull).text) + ".");
}

void add_ready(Page& page, std::size_t warnings, const std::string& sentence) {
  if (warnings == 0) return page.add_headline("READY", Colour::kGood, sentence);
  page.add_headline("READY WITH " + describe_count(warnings, "WARNING", "WARNINGS"),
                    Colour::kWarning, sentence);
}

void add_unfinished(Page& page, const StageRecord& stage) {
  if (stage.outcome == StageOutcome::kRunning)
    return page.add_paragraph("", "Still running: " + describe_place(stage) + ".",
                              Colour::kWarning);
  page.add_paragraph("",
                     "Interrupted: " + describe_place(stage) + ". To continue it, " +
                         describe_resumption(stage) + ".",
                     Colour::kWarning);
}

/// The first lines: the outcome, and what else must be known at once.
void add_outcome(Page& page, const ReportInputs& inputs, const ReportChoice& choice) {
  using enum Headline::Outcome;
  const bool unrecorded = inputs.main_unrecorded && choice.boot->boot_id == inputs.boot_id;
  if (unrecorded) add_unrecorded(page, inputs);
  const auto headline = decide_headline(*choice.boot, inputs.state.provisioned.has_value());
  switch (headline.outcome) {
    case kFailed:
      add_failure(page, *headline.failure);
      break;
    case kInterrupted:
      add_interruption(page, *headline.stage);
      break;
    case kInProgress:
      if (!unrecorded) add_progress(page, headline.stage, inputs.here.now_us);
      break;
    case kReadyBefore:  // a later boot, on which for example a NIC came or went
      add_ready(page, headline.warnings, ": this VM was provisioned on an earlier boot.");
      break;
    case kReady:
      add_ready(page, headline.warnings,
                ": this VM is provisioned" + describe_course(*headline.stage) + ".");
      break;
  }
  for (const auto* stage : headline.unfinished) add_unfinished(page, *stage);
  if (choice.earlier)
    page.add_paragraph(
        "", "This boot had nothing to do; what follows is from boot " + choice.boot->boot_id + ".",
        Colour::kDim);
  if (inputs.state.untold)
    page.add_paragraph("",
                       std::string("The platform has not been told \"") +
                           (inputs.state.untold->ready ? "Ready" : "NotReady") + "\" yet.",
                       Colour::kWarning);
}

/// Which VM, boot, time and program this is about.
void add_subject(Page& page, const BootRecords& boot) {
  if (boot.stages.empty()) return;
  const auto& first = boot.stages.front();
  page.add_blank();
  page.add_paragraph("  VM    ", first.vm_id);
  page.add_paragraph("  Boot  ", boot.boot_id);
  const auto after = first.since_boot_us > 0
                         ? ", " + describe_duration(first.since_boot_us) + " after the kernel"
                         : std::string();
  page.add_paragraph("  When  ",
                     first.started.substr(0, 19) + " UTC" + after + ", by " + first.agent);
  if (first.root != "/") page.add_paragraph("  Tree  ", first.root);
}

void add_findings(Page& page, const BootRecords& boot, Severity severity, std::string_view title) {
  bool any = false;
  for (const auto& stage : boot.stages) {
    for (const auto& finding : stage.findings) {
      if (severity_now(boot, finding) != severity) continue;
      if (!any) page.add_heading(title);
      any = true;
      const bool warning = severity == Severity::kDegraded;
      page.add_paragraph("  " + page.column(finding.step, kNameWidth), join(finding.chain, ": "),
                         warning ? Colour::kWarning : Colour::kPlain);
      if (warning) page.add_paragraph(indent(kNameWidth), "Do: " + finding.advice + ".");
    }
  }
}

/// Draws when a step ran, on a scale of the whole stage.
std::string draw_bar(const StepRecord& step, std::int64_t whole_us, std::size_t width) {
  std::string cells(width, '.');
  if (whole_us <= 0) return cells;
  const auto cell = [&](double at) {
    const auto share = std::clamp(at / static_cast<double>(whole_us), 0.0, 1.0);
    return std::min(width - 1, static_cast<std::size_t>(share * static_cast<double>(width)));
  };
  const auto start = static_cast<double>(step.start_us);
  const auto from = cell(start);
  const auto to = std::max(from, cell(start + static_cast<double>(step.took_us)));
  std::fill(cells.begin() + static_cast<std::ptrdiff_t>(from),
            cells.begin() + static_cast<std::ptrdiff_t>(to) + 1,
            step.outcome == StepOutcome::kFailed ? 'x' : '#');
  return cells;
}

Colour colour_of(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::kFailed:
      return Colour::kBad;
    case StepOutcome::kRunning:
    case StepOutcome::kInterrupted:
      return Colour::kWarning;
    case StepOutcome::kSkipped:
      return Colour::kDim;
    case StepOutcome::kDone:
    case StepOutcome::kUnchanged:
      break;
  }
  return Colour::kPlain;
}

void add_step(Page& page, const StepRecord& step, std::int64_t whole_us) {
  // All but the bar: two blanks, name, "|", "| ", time, two blanks, outcome.
  constexpr auto kRest = 2 + kNameWidth + 1 + 2 + kTimeWidth + 2 + kOutcomeWidth;
  const auto bar = draw_bar(step, whole_us, std::min(page.width() / 4, page.width() - kRest));
  page.add_row("  " + page.column(step.name, kNameWidth) + "|" + bar + "| " +
                   align_right(describe_duration(step.took_us), kTimeWidth) + "  ",
               word(step.outcome).substr(0, kOutcomeWidth), colour_of(step.outcome));
  const bool failed = step.outcome == StepOutcome::kFailed;
  if (!step.why.empty())
    page.add_paragraph(indent(kNameWidth), step.why, failed ? Colour::kBad : Colour::kDim);
  std::string tools;
  for (const auto& tool : step.tools)
    tools += (tools.empty() ? "ran " : ", ") + tool.program + " " +
             describe_duration(tool.wall_us) + (tool.ok ? "" : " (failed)");
  if (!tools.empty()) page.add_paragraph(indent(kNameWidth), tools, Colour::kDim);
}

void add_timeline(Page& page, const StageRecord& stage) {
  page.add_heading("Stage " + word(stage.stage) + ": " + word(stage.outcome) + ", " +
                   describe_duration(stage.took_us) + ", CPU " + describe_duration(stage.cpu_us) +
                   " own + " + describe_duration(stage.children_cpu_us) + " of programs, " +
                   std::to_string(stage.max_rss_kib / 1024) + " MiB");
  for (const auto& step : stage.steps) add_step(page, step, stage.took_us);
}

void add_requests(Page& page, const BootRecords& boot) {
  if (std::ranges::all_of(boot.stages, [](const auto& s) { return s.attempts.empty(); })) return;
  page.add_heading("Requests to the platform");
  for (const auto& stage : boot.stages) {
    for (const auto& a : stage.attempts) {
      const bool ok = a.outcome == "ok";
      page.add_paragraph("  " + time_of_day(page, a.at, 12) +
                             align_right(describe_duration(a.took_us), kTimeWidth) + "  " +
                             (a.status == 0 ? "---" : std::to_string(a.status)) + "  ",
                         a.endpoint + " " + a.request + (ok ? "" : ": " + a.outcome),
                         ok ? Colour::kPlain : Colour::kWarning);
    }
  }
}

void add_link(Page& page, const LinkRecord& link) {
  page.add_paragraph(
      "  " + page.column(link.name, kLinkWidth),
      link.mac + "  " + (link.driver.empty() ? "no driver" : link.driver) + "  " + link.role +
          (link.primary ? ", primary" : "") +
          (link.addresses.empty() ? ", no address" : ", " + join(link.addresses, " ")));
  page.add_paragraph(indent(kLinkWidth), link.why, Colour::kDim);
  const auto& acceleration = link.acceleration;
  if (acceleration.why.empty()) return;
  const auto device = acceleration.vf.empty()
                          ? std::string()
                          : " (" + acceleration.driver + (acceleration.pci.empty() ? "" : " at ") +
                                acceleration.pci + ")";
  page.add_paragraph(indent(kLinkWidth), acceleration.why + device, Colour::kDim);
}

/// Adds the latest state of the links.
void add_links(Page& page, const BootRecords& boot) {
  const StageRecord* last = nullptr;
  for (const auto& stage : boot.stages) {
    if (!stage.links.empty()) last = &stage;
  }
  if (last == nullptr) return;
  page.add_heading("Links");
  for (const auto& link : last->links) add_link(page, link);
}

void add_disks(Page& page, const StageRecord& stage) {
  if (stage.disks.empty()) return;
  page.add_heading("Disks");
  for (const auto& disk : stage.disks) {
    const auto number = disk.number < 0 ? std::string() : " " + std::to_string(disk.number);
    page.add_paragraph("  " + page.column(disk.device, kDeviceWidth),
                       disk.kind + number + (disk.size > 0 ? ", " + describe_size(disk.size) : "") +
                           (disk.found.empty() ? "" : ", " + disk.found));
    if (!disk.why.empty()) page.add_paragraph(indent(kDeviceWidth), disk.why, Colour::kDim);
    for (const auto& decision : disk.decisions) page.add_paragraph(indent(kDeviceWidth), decision);
  }
}

void add_accounts(Page& page, const StageRecord& main) {
  if (!main.hostname.empty() || !main.user.name.empty() || !main.host_keys.empty())
    page.add_heading("Machine");
  if (!main.hostname.empty()) page.add_paragraph("  host name   ", main.hostname);
  if (!main.user.name.empty()) {
    page.add_paragraph(
        "  user        ",
        main.user.name +
            (main.user.groups.empty() ? "" : " (" + join(main.user.groups, ", ") + ")") +
            ", password " + (main.user.password.empty() ? "unchanged" : main.user.password));
    for (const auto& key : main.user.keys)
      page.add_paragraph("  key         ", key.type + " " + key.fingerprint);
  }
  for (const auto& key : main.host_keys)
    page.add_paragraph("  host key    ", key.type + " " + key.fingerprint);
}

void add_told(Page& page, const BootRecords& boot) {
  if (std::ranges::all_of(boot.stages, [](const auto& s) { return s.told.empty(); })) return;
  page.add_heading("What the platform was told");
  for (const auto& stage : boot.stages) {
    for (const auto& told : stage.told) {
      page.add_paragraph("  " + time_of_day(page, told.at, 8) + page.column(told.channel, 7),
                         told.what + (told.delivered ? " by " + told.how : ", NOT DELIVERED") +
                             (told.description.empty() ? "" : ": " + told.description),
                         told.delivered ? Colour::kPlain : Colour::kWarning);
    }
  }
}

void add_attested(Page& page, const AttestedRecord& attested) {
  if (attested.verdict == Attested::kNotAsked) return;
  page.add_heading("Signed identity");
  if (attested.verdict != Attested::kVerified)
    return page.add_paragraph(
        "  ", "Not verified: " + attested.why + ".",
        attested.verdict == Attested::kRefuted ? Colour::kWarning : Colour::kPlain);
  page.add_paragraph(
      "  ",
      "Azure (" + attested.signer + ") signed that this is VM " + attested.vm_id +
          (attested.subscription_id.empty() ? ""
                                            : ", in subscription " + attested.subscription_id) +
          ", at " + attested.created +
          (attested.plan.empty() ? "" : ", with the plan " + attested.plan) + ".");
}

void add_boot(Page& page, const BootRecords& boot) {
  add_subject(page, boot);
  add_findings(page, boot, Severity::kDegraded, "Warnings");
  add_findings(page, boot, Severity::kNote, "Notes");
  for (const auto& stage : boot.stages) add_timeline(page, stage);
  add_requests(page, boot);
  add_links(page, boot);
  if (const auto* stage = find_stage(boot, Stage::kDisks)) add_disks(page, *stage);
  if (const auto* main = find_stage(boot, Stage::kMain)) add_accounts(page, *main);
  add_told(page, boot);
  if (const auto* stage = find_stage(boot, Stage::kReport)) add_attested(page, stage->attested);
}

/// The one line of a report without records.
void add_no_records(Page& page, const ReportInputs& inputs) {
  if (inputs.main_unrecorded) return add_unrecorded(page, inputs);
  const auto* outcome = !inputs.here.acts          ? "NOT RUN HERE"
                        : inputs.state.provisioned ? "NOTHING TO DO ON THIS BOOT"
                                                   : "NO RECORD";
  page.add_headline(outcome, Colour::kBold, ": " + decide_status(inputs).sentence);
}

}  // namespace

std::string to_text(const ReportInputs& inputs, const ReportChoice& choice,
                    const TextStyle& style) {
  Page page(style);
  if (choice.boot == nullptr) {
    add_no_records(page, inputs);
  } else {
    add_outcome(page, inputs, choice);
    add_boot(page, *choice.boot);
  }
  if (!inputs.unseen.empty()) {
    page.add_heading("Not seen");
    for (const auto& what : inputs.unseen) page.add_paragraph("  ", what);
  }
  return page.text();
}

}  // namespace azl::provision
