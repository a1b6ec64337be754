#include "provision/report/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "provision/report/headline.h"
#include "provision/report/page.h"
#include "provision/report/phrases.h"

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

Colour colour_of(Mood mood) {
  switch (mood) {
    case Mood::kGood:
      return Colour::kGood;
    case Mood::kWarning:
      return Colour::kWarning;
    case Mood::kBad:
      return Colour::kBad;
    case Mood::kDim:
      return Colour::kDim;
    case Mood::kPlain:
      break;
  }
  return Colour::kPlain;
}

std::string_view label_of(Clause::Label label) {
  switch (label) {
    case Clause::Label::kWhy:
      return "  Why:  ";
    case Clause::Label::kBecause:
      return "        because: ";
    case Clause::Label::kDo:
      return "  Do:   ";
    case Clause::Label::kWaitsFor:
      return "  Waits for:  ";
    case Clause::Label::kLastError:
      return "  Last error: ";
    case Clause::Label::kNone:
      break;
  }
  return "";
}

/// The first lines: the outcome, and what else must be known at once.
void add_outcome(Page& page, const Outcome& outcome) {
  const auto colour = outcome.mood == Mood::kPlain ? Colour::kBold : colour_of(outcome.mood);
  page.add_headline(outcome.word, colour, outcome.rest);
  if (outcome.is_explained) page.add_blank();
  for (const auto& clause : outcome.clauses)
    page.add_paragraph(label_of(clause.label), clause.words, colour_of(clause.mood));
  for (const auto& clause : outcome.more)
    page.add_paragraph(label_of(clause.label), clause.words, colour_of(clause.mood));
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
  const auto tools = describe_tools(step);
  if (!tools.empty()) page.add_paragraph(indent(kNameWidth), tools, Colour::kDim);
}

void add_timeline(Page& page, const StageRecord& stage) {
  page.add_heading("Stage " + describe_stage(stage));
  for (const auto& step : stage.steps) add_step(page, step, stage.took_us);
}

void add_requests(Page& page, const BootRecords& boot) {
  if (std::ranges::all_of(boot.stages, [](const auto& s) { return s.attempts.empty(); })) return;
  page.add_heading("Requests to the platform");
  for (const auto& stage : boot.stages) {
    for (const auto& a : stage.attempts) {
      const bool ok = a.outcome == "ok";
      page.add_paragraph("  " + page.column(time_of_day(a.at, 12), 13) +
                             align_right(describe_duration(a.took_us), kTimeWidth) + "  " +
                             (a.status == 0 ? "---" : std::to_string(a.status)) + "  ",
                         a.endpoint + " " + a.request + (ok ? "" : ": " + a.outcome),
                         ok ? Colour::kPlain : Colour::kWarning);
    }
  }
}

void add_link(Page& page, const LinkRecord& link) {
  page.add_paragraph("  " + page.column(link.name, kLinkWidth), describe_link(link));
  page.add_paragraph(indent(kLinkWidth), link.why, Colour::kDim);
  const auto acceleration = describe_acceleration(link.acceleration);
  if (!acceleration.empty()) page.add_paragraph(indent(kLinkWidth), acceleration, Colour::kDim);
}

/// Adds the latest state of the links.
void add_links(Page& page, const BootRecords& boot) {
  const auto* last = find_last_links(boot);
  if (last == nullptr) return;
  page.add_heading("Links");
  for (const auto& link : last->links) add_link(page, link);
}

void add_disks(Page& page, const StageRecord& stage) {
  if (stage.disks.empty()) return;
  page.add_heading("Disks");
  for (const auto& disk : stage.disks) {
    page.add_paragraph("  " + page.column(disk.device, kDeviceWidth),
                       describe_disk(disk) + (disk.found.empty() ? "" : ", " + disk.found));
    if (!disk.why.empty()) page.add_paragraph(indent(kDeviceWidth), disk.why, Colour::kDim);
    for (const auto& decision : disk.decisions) page.add_paragraph(indent(kDeviceWidth), decision);
  }
}

void add_accounts(Page& page, const StageRecord& main) {
  if (!main.hostname.empty() || !main.user.name.empty() || !main.host_keys.empty())
    page.add_heading("Machine");
  if (!main.hostname.empty()) page.add_paragraph("  host name   ", main.hostname);
  if (!main.user.name.empty()) {
    page.add_paragraph("  user        ", describe_user(main.user));
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
      page.add_paragraph(
          "  " + page.column(time_of_day(told.at, 8), 9) + page.column(told.channel, 7),
          describe_told(told), told.delivered ? Colour::kPlain : Colour::kWarning);
    }
  }
}

void add_attested(Page& page, const AttestedRecord& attested) {
  const auto words = describe_attested(attested);
  if (words.empty()) return;
  page.add_heading("Signed identity");
  page.add_paragraph("  ", words,
                     attested.verdict == Attested::kRefuted ? Colour::kWarning : Colour::kPlain);
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

}  // namespace

std::string to_text(const ReportInputs& inputs, const ReportChoice& choice,
                    const TextStyle& style) {
  Page page(style);
  for (const auto& outcome : describe_outcomes(inputs, choice)) add_outcome(page, outcome);
  if (choice.boot != nullptr) add_boot(page, *choice.boot);
  if (!inputs.unseen.empty()) {
    page.add_heading("Not seen");
    for (const auto& what : inputs.unseen) page.add_paragraph("  ", what);
  }
  return page.text();
}

}  // namespace azl::provision
