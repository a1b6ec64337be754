// The report as text: for a serial console of 80 columns, the outcome first.
#include "base/text.h"

#include <algorithm>
#include <array>

#include "provision/report/report.h"

namespace azl::provision {
namespace {

constexpr std::size_t kNameWidth = 12;   // of a step's name
constexpr std::size_t kTimeWidth = 9;    // of "1234.56 s"
constexpr std::size_t kWordMost = 4096;  // bytes of one word

enum class Colour { kPlain, kGood, kWarning, kBad, kDim, kBold };

/// What a record says, fit for a terminal: records quote what the platform and programs said.
std::string clean(std::string_view text, std::size_t limit = kWordMost) {
  return printable(text, limit, Quotes::kKept);
}

/// Builds the text; knows width and colour. What it is given may hold anything.
class Page {
 public:
  explicit Page(const TextStyle& style)
      : style_(style), width_(static_cast<std::size_t>(std::clamp(style.width, 40, 200))) {}

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  [[nodiscard]] std::string paint(std::string_view what, Colour colour) const {
    constexpr std::array<std::string_view, 6> kCodes = {"0", "1;32", "1;33", "1;31", "2", "1"};
    auto text = clean(what);
    if (!style_.colour || colour == Colour::kPlain) return text;
    return "\x1b[" + std::string(kCodes.at(static_cast<std::size_t>(colour))) + "m" + text +
           "\x1b[0m";
  }
  void blank() { text_ += "\n"; }
  void heading(std::string_view what) {
    blank();
    wrap(2, what, [&](const std::string& row, bool first) {
      text_ += (first ? "" : "  ") + paint(row, Colour::kBold) + "\n";
    });
  }
  /// The word that says how it ended, and the rest of the sentence.
  void headline(std::string_view word, Colour colour, const std::string& rest) {
    wrap(2, std::string(word) + rest, [&](const std::string& row, bool first) {
      text_ += first && row.starts_with(word) ? paint(word, colour) + row.substr(word.size())
                                              : "  " + row;
      text_ += "\n";
    });
  }
  /// Words after a label, broken at the page's width, later lines indented like the first. A label
  /// that would leave them little room has a line of its own.
  void paragraph(const std::string& label, std::string_view words, Colour colour = Colour::kPlain) {
    const auto shown = clean(label);
    const auto first_word = clean(words.substr(0, words.find(' '))).size();
    const bool beside = shown.size() <= width_ / 2 && shown.size() + first_word <= width_;
    const std::string indent(beside ? shown.size() : kDeep, ' ');
    const auto label_end = shown.find_last_not_of(' ') + 1;
    if (!beside && label_end > 0) text_ += shown.substr(0, label_end) + "\n";
    wrap(indent.size(), words, [&](const std::string& row, bool first) {
      text_ += (first && beside ? shown : indent) + paint(row, colour) + "\n";
    });
  }
  /// A row of the timeline.
  void step(const StepRecord& step, const std::string& bar, const std::string& took,
            Colour colour) {
    text_ += "  " + column(step.name) + "|" + bar + "| " + took + "  " +
             paint(clean(to_string(step.outcome), kOutcomeWidth), colour) + "\n";
  }
  /// A name at the head of a row, cut or filled to its width.
  [[nodiscard]] static std::string column(std::string_view name, std::size_t width = kNameWidth) {
    auto text = clean(name, width - 1);
    text.append(width - text.size(), ' ');
    return text;
  }

  static constexpr std::size_t kOutcomeWidth = 9;  ///< of "unchanged"

 private:
  static constexpr std::size_t kDeep = 4;  ///< indent below a label on a line of its own

  /// Fills rows that leave room for an indent; at least one, which may be empty.
  template <class Put>
  void wrap(std::size_t indent, std::string_view words, Put put) const {
    const auto most = width_ - indent;
    std::string row;
    bool first = true;
    for (const auto raw : split(words, ' ')) {
      const auto word = clean(raw);
      if (!row.empty() && row.size() + 1 + word.size() > most) {
        put(row, first);
        first = false;
        row.clear();
      }
      row += (row.empty() ? "" : " ") + word;
    }
    if (!row.empty() || first) put(row, first);
  }

  TextStyle style_;
  std::size_t width_;
  std::string text_;
};

std::string right(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string duration(std::int64_t micros) {
  constexpr std::int64_t kLongest = 9'999'990'000;  // fits in kTimeWidth; no stage takes as long
  if (micros > kLongest) return "> 9999 s";
  if (micros <= 0) return "0.0 ms";
  if (micros < 100'000)
    return std::to_string(micros / 1000) + "." + std::to_string(micros % 1000 / 100) + " ms";
  const auto hundredths = micros / 10'000;
  return std::to_string(hundredths / 100) + "." + (hundredths % 100 < 10 ? "0" : "") +
         std::to_string(hundredths % 100) + " s";
}

/// The time of day in an ISO 8601 time; as many characters of it. A record may lack the time.
std::string time_of_day(const std::string& at, std::size_t length) {
  constexpr std::size_t kDate = 11;  // "2026-11-23T"
  return Page::column(at.size() > kDate ? at.substr(kDate, length) : "-", length + 1);
}

const FindingRecord* fatal_of(const BootRecords& boot) {
  for (const auto& stage : boot.stages) {
    for (const auto& finding : stage.findings) {
      if (finding.severity == Severity::kFatal) return &finding;
    }
  }
  return nullptr;
}

/// Whether a later stage has told the platform what an earlier one could not.
bool was_told_late(const BootRecords& boot) {
  return std::ranges::any_of(boot.stages, [](const StageRecord& stage) {
    return stage.stage == Stage::kReport &&
           std::ranges::any_of(stage.told, [](const auto& told) { return told.delivered; });
  });
}

/// What a finding means by now: what was told late is no longer untold.
Severity severity_of(const BootRecords& boot, const FindingRecord& finding) {
  if (finding.severity == Severity::kDegraded && finding.step == "health" && was_told_late(boot))
    return Severity::kNote;
  return finding.severity;
}

std::ptrdiff_t count(const BootRecords& boot, Severity severity) {
  std::ptrdiff_t found = 0;
  for (const auto& stage : boot.stages)
    found += std::ranges::count_if(stage.findings, [&](const auto& finding) {
      return severity_of(boot, finding) == severity;
    });
  return found;
}

const StageRecord* stage_with(const BootRecords& boot, StageOutcome outcome) {
  const auto found = std::ranges::find(boot.stages, outcome, &StageRecord::outcome);
  return found == boot.stages.end() ? nullptr : &*found;
}

/// Where in its steps a stage is, or was.
std::string where_of(const StageRecord& stage) {
  return stage.steps.empty() ? std::string() : ", step \"" + stage.steps.back().name + "\"";
}

const StageRecord* stage_of(const BootRecords& boot, Stage name) {
  const auto found = std::ranges::find(boot.stages, name, &StageRecord::stage);
  return found == boot.stages.end() ? nullptr : &*found;
}

/// The latest look at the links.
const StageRecord* last_with_links(const BootRecords& boot) {
  const StageRecord* last = nullptr;
  for (const auto& stage : boot.stages) {
    if (!stage.links.empty()) last = &stage;
  }
  return last;
}

/// What kind of first boot it was, where that is not the ordinary one.
std::string kind(const StageRecord& main) {
  if (main.course == "specialized")
    return " (a specialized image or a restored disk: its users were left as they were)";
  if (main.course == "adopted") return " (by another agent, whose work was adopted)";
  return {};
}

/// The first line: how it ended.
void outcome(Page& page, const ReportInputs& inputs, const BootRecords& boot, bool earlier) {
  const auto warnings = count(boot, Severity::kDegraded);
  const auto* main = stage_of(boot, Stage::kMain);
  if (const auto* running = stage_with(boot, StageOutcome::kRunning); running != nullptr) {
    page.headline("IN PROGRESS", Colour::kWarning,
                  ": stage " + std::string(to_string(running->stage)) + where_of(*running));
  } else if (const auto* dead = stage_with(boot, StageOutcome::kInterrupted);
             dead != nullptr && !is_aside(*dead)) {
    page.headline("INTERRUPTED", Colour::kBad,
                  ": stage " + std::string(to_string(dead->stage)) + where_of(*dead));
    page.paragraph("  Why:  ", "it was killed, or the power failed; the journal may say more");
    page.paragraph("  Do:   ", "reboot, or run 'azl-provision run --stage=" +
                                   std::string(to_string(dead->stage)) +
                                   "': it goes on from there");
  } else if (const auto* fatal = fatal_of(boot); fatal != nullptr) {
    page.headline("FAILED", Colour::kBad,
                  " at step \"" + fatal->step + "\": this VM is not provisioned.");
    page.blank();
    for (std::size_t i = 0; i < fatal->chain.size(); ++i)
      page.paragraph(i == 0 ? "  Why:  " : "        because: ", fatal->chain[i]);
    page.paragraph("  Do:   ", fatal->advice + ".");
  } else if (main == nullptr && inputs.state.provisioned) {
    // A later boot, on which only a NIC came or went.
    page.headline("READY", Colour::kGood, ": this VM was provisioned on an earlier boot.");
  } else if (main == nullptr) {
    page.headline("IN PROGRESS", Colour::kWarning, ": the main stage left no record yet.");
  } else {
    const auto word = warnings == 0 ? std::string("READY")
                                    : "READY WITH " + std::to_string(warnings) +
                                          (warnings == 1 ? " WARNING" : " WARNINGS");
    page.headline(word, warnings == 0 ? Colour::kGood : Colour::kWarning,
                  ": this VM is provisioned" + kind(*main) + ".");
  }
  if (earlier)
    page.paragraph("",
                   "This boot had nothing to do; what follows is from boot " + boot.boot_id + ".",
                   Colour::kDim);
  if (inputs.state.untold)
    page.paragraph("",
                   std::string("The platform has not been told \"") +
                       (inputs.state.untold->ready ? "Ready" : "NotReady") + "\" yet.",
                   Colour::kWarning);
}

void about(Page& page, const BootRecords& boot) {
  if (boot.stages.empty()) return;
  const auto& first = boot.stages.front();
  page.blank();
  page.paragraph("  VM    ", first.vm_id);
  page.paragraph("  Boot  ", boot.boot_id);
  page.paragraph("  When  ", first.started.substr(0, 19) + " UTC" +
                                 (first.since_boot_us > 0
                                      ? ", " + duration(first.since_boot_us) + " after the kernel"
                                      : "") +
                                 ", by " + first.agent);
  if (first.root != "/") page.paragraph("  Tree  ", first.root);
}

void findings(Page& page, const BootRecords& boot, Severity severity, std::string_view title,
              Colour colour) {
  if (count(boot, severity) == 0) return;
  page.heading(title);
  for (const auto& stage : boot.stages) {
    for (const auto& finding : stage.findings) {
      if (severity_of(boot, finding) != severity) continue;
      page.paragraph("  " + Page::column(finding.step), join(finding.chain, ": "), colour);
      if (severity == Severity::kDegraded)
        page.paragraph("  " + std::string(kNameWidth, ' '), "Do: " + finding.advice + ".");
    }
  }
}

/// '#' where a step ran, on a scale of the whole stage.
std::string bar(const StepRecord& step, std::int64_t whole_us, std::size_t width) {
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

Colour colour_of(const StepRecord& step) {
  if (step.outcome == StepOutcome::kFailed) return Colour::kBad;
  if (step.outcome == StepOutcome::kRunning || step.outcome == StepOutcome::kInterrupted)
    return Colour::kWarning;
  return step.outcome == StepOutcome::kSkipped ? Colour::kDim : Colour::kPlain;
}

void timeline(Page& page, const StageRecord& stage) {
  page.heading("Stage " + std::string(to_string(stage.stage)) + ": " +
               std::string(to_string(stage.outcome)) + ", " + duration(stage.took_us) + ", CPU " +
               duration(stage.cpu_us) + " own + " + duration(stage.children_cpu_us) +
               " of programs, " + std::to_string(stage.max_rss_kib / 1024) + " MiB");
  // All but the bar: two blanks, name, "|", "| ", time, two blanks, outcome.
  constexpr auto kRest = 2 + kNameWidth + 1 + 2 + kTimeWidth + 2 + Page::kOutcomeWidth;
  const auto bar_width = std::min(page.width() / 4, page.width() - kRest);
  for (const auto& step : stage.steps) {
    page.step(step, bar(step, stage.took_us, bar_width), right(duration(step.took_us), kTimeWidth),
              colour_of(step));
    if (!step.why.empty())
      page.paragraph("  " + std::string(kNameWidth, ' '), step.why,
                     step.outcome == StepOutcome::kFailed ? Colour::kBad : Colour::kDim);
    std::string tools;
    for (const auto& tool : step.tools)
      tools += (tools.empty() ? "ran " : ", ") + tool.program + " " + duration(tool.wall_us) +
               (tool.ok ? "" : " (failed)");
    if (!tools.empty()) page.paragraph("  " + std::string(kNameWidth, ' '), tools, Colour::kDim);
  }
}

void requests(Page& page, const BootRecords& boot) {
  if (std::ranges::all_of(boot.stages, [](const auto& s) { return s.attempts.empty(); })) return;
  page.heading("Requests to the platform");
  for (const auto& stage : boot.stages) {
    for (const auto& a : stage.attempts) {
      page.paragraph("  " + time_of_day(a.at, 12) + right(duration(a.took_us), kTimeWidth) + "  " +
                         (a.status == 0 ? "---" : std::to_string(a.status)) + "  ",
                     a.endpoint + " " + a.request + (a.outcome == "ok" ? "" : ": " + a.outcome),
                     a.outcome == "ok" ? Colour::kPlain : Colour::kWarning);
    }
  }
}

void network(Page& page, const StageRecord& main) {
  constexpr std::size_t kLinkWidth = 16;  // IFNAMSIZ, and a VF's name fills it
  if (main.links.empty()) return;
  page.heading("Links");
  for (const auto& link : main.links) {
    page.paragraph(
        "  " + Page::column(link.name, kLinkWidth),
        link.mac + "  " + (link.driver.empty() ? "no driver" : link.driver) + "  " + link.role +
            (link.primary ? ", primary" : "") +
            (link.addresses.empty() ? ", no address" : ", " + join(link.addresses, " ")));
    page.paragraph("  " + std::string(kLinkWidth, ' '), link.why, Colour::kDim);
    const auto& acceleration = link.acceleration;
    if (acceleration.why.empty()) continue;
    const auto what = acceleration.vf.empty()
                          ? std::string()
                          : " (" + acceleration.driver + (acceleration.pci.empty() ? "" : " at ") +
                                acceleration.pci + ")";
    page.paragraph("  " + std::string(kLinkWidth, ' '), acceleration.why + what, Colour::kDim);
  }
}

/// "64.0 GiB"
std::string size_in_words(std::uint64_t bytes) {
  constexpr std::uint64_t kTenthOfGiB = (1ULL << 30U) / 10;
  constexpr std::uint64_t kMiB = 1ULL << 20U;
  if (bytes < 10 * kTenthOfGiB) return std::to_string(bytes / kMiB) + " MiB";
  const auto tenths = bytes / kTenthOfGiB;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

void disks(Page& page, const StageRecord& stage) {
  constexpr std::size_t kDeviceWidth = 16;
  if (stage.disks.empty()) return;
  page.heading("Disks");
  for (const auto& disk : stage.disks) {
    const auto number = disk.number < 0 ? std::string() : " " + std::to_string(disk.number);
    page.paragraph("  " + Page::column(disk.device, kDeviceWidth),
                   disk.kind + number + (disk.size > 0 ? ", " + size_in_words(disk.size) : "") +
                       (disk.found.empty() ? "" : ", " + disk.found));
    if (!disk.why.empty())
      page.paragraph("  " + std::string(kDeviceWidth, ' '), disk.why, Colour::kDim);
    for (const auto& decision : disk.decisions)
      page.paragraph("  " + std::string(kDeviceWidth, ' '), decision);
  }
}

void accounts(Page& page, const StageRecord& main) {
  if (!main.hostname.empty() || !main.user.name.empty() || !main.host_keys.empty())
    page.heading("Machine");
  if (!main.hostname.empty()) page.paragraph("  host name   ", main.hostname);
  if (!main.user.name.empty()) {
    page.paragraph("  user        ",
                   main.user.name +
                       (main.user.groups.empty() ? "" : " (" + join(main.user.groups, ", ") + ")") +
                       ", password " +
                       (main.user.password.empty() ? "unchanged" : main.user.password));
    for (const auto& key : main.user.keys)
      page.paragraph("  key         ", key.type + " " + key.fingerprint);
  }
  for (const auto& key : main.host_keys)
    page.paragraph("  host key    ", key.type + " " + key.fingerprint);
}

void told(Page& page, const BootRecords& boot) {
  if (std::ranges::all_of(boot.stages, [](const auto& s) { return s.told.empty(); })) return;
  page.heading("What the platform was told");
  for (const auto& stage : boot.stages) {
    for (const auto& t : stage.told) {
      page.paragraph("  " + time_of_day(t.at, 8) + Page::column(t.channel, 7),
                     t.what + (t.delivered ? " by " + t.how : ", NOT DELIVERED") +
                         (t.description.empty() ? "" : ": " + t.description),
                     t.delivered ? Colour::kPlain : Colour::kWarning);
    }
  }
}

}  // namespace

std::string report_text(const ReportInputs& inputs, const ReportChoice& choice,
                        const TextStyle& style) {
  Page page(style);
  if (choice.boot == nullptr) {
    const auto status = status_of(inputs);
    const auto word = !inputs.here               ? "NOT RUN HERE"
                      : inputs.state.provisioned ? "NOTHING TO DO ON THIS BOOT"
                                                 : "NO RECORD";
    page.headline(word, Colour::kBold, ": " + status.sentence);
  } else {
    const auto& boot = *choice.boot;
    outcome(page, inputs, boot, choice.earlier);
    about(page, boot);
    findings(page, boot, Severity::kDegraded, "Warnings", Colour::kWarning);
    findings(page, boot, Severity::kNote, "Notes", Colour::kPlain);
    for (const auto& stage : boot.stages) timeline(page, stage);
    requests(page, boot);
    if (const auto* last = last_with_links(boot); last != nullptr) network(page, *last);
    if (const auto* stage = stage_of(boot, Stage::kDisks); stage != nullptr) disks(page, *stage);
    if (const auto* main = stage_of(boot, Stage::kMain); main != nullptr) accounts(page, *main);
    told(page, boot);
  }
  if (!inputs.unseen.empty()) {
    page.heading("Not seen");
    for (const auto& what : inputs.unseen) page.paragraph("  ", what);
  }
  return page.text();
}

}  // namespace azl::provision
