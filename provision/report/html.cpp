#include "provision/report/html.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/count.h"
#include "provision/report/comparison.h"
#include "provision/report/critical_path.h"
#include "provision/report/headline.h"
#include "provision/report/html_page.h"
#include "provision/report/html_sections.h"
#include "provision/report/phrases.h"
#include "provision/report/picture_rows.h"
#include "provision/report/svg.h"
#include "provision/report/timeline.h"

namespace azl::provision {
namespace {

/// The most rows of one picture.
constexpr std::size_t kMostRows = 120;

constexpr std::string_view kPageStyle = R"(
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1b1f24; --dim: #555c66; --line: #c9ced6; --link: #0b5cad;
  --good: #1a6b3c; --warn: #7a4a00; --bad: #b00020;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --text: #e8eaed; --dim: #a6aebb; --line: #3d4450; --link: #8cc2ff;
    --good: #6fcf97; --warn: #e8b45a; --bad: #ff8a8a;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 16px; max-width: 1010px; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 8px; }
h2 { font-size: 1.2rem; margin: 32px 0 8px; }
h3 { font-size: 1rem; margin: 16px 0 4px; }
p, ul, dl { margin: 4px 0; }
ul { padding-left: 20px; }
li { margin: 6px 0; }
dl { display: grid; grid-template-columns: minmax(80px, auto) 1fr; gap: 2px 12px; }
dt { color: var(--dim); }
dd { margin: 0; }
a { color: var(--link); }
.skip { position: absolute; left: 8px; top: -100px; padding: 8px; background: var(--page); }
.skip:focus { top: 8px; }
.word { display: inline-block; padding: 0 8px; border: 2px solid; border-radius: 4px; font-weight: bold; }
.good { color: var(--good); }
.warning > th, .warning > td, .warning > strong, .word.warning, p.warning { color: var(--warn); }
.bad, .bad > th, .bad > td { color: var(--bad); }
.dim { color: var(--dim); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 4px; }
.scroll:focus-visible, a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
svg.boot { display: block; margin: 0 auto; }
.narrow { display: none; }
table { width: 100%; border-collapse: collapse; margin: 8px 0; }
caption { text-align: left; color: var(--dim); }
th, td { padding: 4px 8px 4px 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
tbody th { font-weight: 600; min-width: 6em; }
td, th + th { white-space: nowrap; }
.details td { border-top: 0; padding-top: 0; white-space: normal; color: var(--dim); }
@media (max-width: 1000px) {
  .wide { display: none; }
  .narrow { display: block; }
}
@media (max-width: 500px) {
  th, td { padding-right: 6px; }
  td:last-child { white-space: normal; }
}
@media print { .scroll { overflow: visible; border: 0; } }
)";

std::string_view class_of(Mood mood) {
  switch (mood) {
    case Mood::kGood:
      return "good";
    case Mood::kWarning:
      return "warning";
    case Mood::kBad:
      return "bad";
    case Mood::kDim:
      return "dim";
    case Mood::kPlain:
      break;
  }
  return "";
}

std::string_view label_of(Clause::Label label) {
  switch (label) {
    case Clause::Label::kWhy:
      return "Why";
    case Clause::Label::kBecause:
      return "Because";
    case Clause::Label::kDo:
      return "Do";
    case Clause::Label::kWaitsFor:
      return "Waits for";
    case Clause::Label::kLastError:
      return "Last error";
    case Clause::Label::kNone:
      break;
  }
  return "";
}

/// The text after the word of an outcome begins with ": ", " at …" or ", …".
std::string_view after_colon(std::string_view rest) {
  return rest.starts_with(": ") ? rest.substr(2) : rest;
}

void add_outcome(HtmlPage& page, const Outcome& outcome) {
  const auto css_class = "word " + std::string(class_of(outcome.mood));
  page.add_markup("<p><strong" + class_attribute(css_class) + ">" + to_markup(outcome.word) +
                  "</strong> " + to_markup(after_colon(outcome.rest)) + "</p>\n");
  if (!outcome.clauses.empty()) {
    page.begin_list("dl");
    for (const auto& clause : outcome.clauses)
      page.add_definition(label_of(clause.label), clause.words);
    page.end_list("dl");
  }
  for (const auto& clause : outcome.more) page.add_paragraph(clause.words, class_of(clause.mood));
}

/// Which VM, boot, time and program this is about.
void add_subject(HtmlPage& page, const BootRecords& boot) {
  if (boot.stages.empty()) return;
  const auto& first = boot.stages.front();
  const auto after = first.since_boot_us > 0
                         ? ", " + describe_duration(first.since_boot_us) + " after the kernel"
                         : std::string();
  page.begin_list("dl");
  page.add_definition("VM", first.vm_id);
  page.add_definition("Boot", boot.boot_id);
  page.add_definition("When", first.started.substr(0, 19) + " UTC" + after + ", by " + first.agent);
  if (first.root != "/") page.add_definition("Tree", first.root);
  page.end_list("dl");
}

/// Adds a picture in both layouts. The page shows one of them.
void add_picture(HtmlPage& page, const Timeline& timeline, const CriticalPath& path,
                 const std::vector<std::size_t>& rows, PictureOptions options) {
  const auto id = options.id;
  for (const auto layout : {PictureLayout::kWide, PictureLayout::kNarrow}) {
    const auto* name = layout == PictureLayout::kWide ? "wide" : "narrow";
    options.layout = layout;
    options.id = id + "-" + name;
    const auto label =
        options.title + (layout == PictureLayout::kWide ? "" : ", for small screens");
    // A reader without a mouse scrolls what has the focus.
    page.add_markup("<section class=\"scroll " + std::string(name) +
                    R"(" tabindex="0" aria-label=")" + to_markup(label) + "\">\n" +
                    draw_timeline(timeline, path, rows, options) + "</section>\n");
  }
}

/// "kernel 3.00 s, local 20.0 ms, main 1.50 s"
std::string list_path(const Timeline& timeline, const CriticalPath& path) {
  std::string list;
  for (const auto each : path.spans) {
    const auto& span = timeline.spans[each];
    if (!span.parent)
      list += (list.empty() ? "" : ", ") + span.name + " " + describe_duration(span.times.took());
  }
  return list;
}

void add_path(HtmlPage& page, const Timeline& timeline, const CriticalPath& path) {
  if (!path.goal) return;
  const auto& goal = timeline.spans[*path.goal];
  const auto end = describe_duration(goal.times.end - timeline.whole.start);
  const auto* from = timeline.booted ? " after the kernel's start. " : " after the first stage's. ";
  page.add_paragraph((goal.kind == SpanKind::kUnit ? "sshd was ready " : "Stage main ended ") +
                     end + from + "On the way lie: " + list_path(timeline, path) + "; " +
                     describe_duration(path.waited_us) +
                     " between them belong to systemd and other units.");
}

void add_boot_picture(HtmlPage& page, const Timeline& timeline, const CriticalPath& path,
                      const HtmlExtras& extras) {
  page.begin_section("picture", "The boot as a picture");
  add_path(page, timeline, path);
  const auto choice = choose_boot_rows(timeline, kMostRows);
  add_picture(page, timeline, path, choice.rows,
              {.id = "boot", .title = "When each part of the boot ran", .range = timeline.whole});
  if (choice.left_out > 0)
    page.add_paragraph(describe_count(choice.left_out, "short step is", "short steps are") +
                           " left out here, and shown with the stage below.",
                       "dim");
  if (!extras.no_system.empty()) page.add_paragraph(extras.no_system, "dim");
  page.end_section();
}

void add_stage(HtmlPage& page, const BootRecords& boot, const Timeline& timeline,
               const CriticalPath& path, std::size_t index) {
  const auto& span = timeline.spans[index];
  page.begin_section("stage-" + span.place, "Stage " + describe_stage(boot.stages[span.stage]));
  const auto choice = choose_stage_rows(timeline, index, kMostRows);
  if (choice.rows.size() > 1) {
    add_picture(page, timeline, path, choice.rows,
                {.id = "picture-" + span.place,
                 .title = "When each part of stage " + span.place + " ran, from its start",
                 .range = span.times});
    if (choice.left_out > 0)
      page.add_paragraph(
          describe_count(choice.left_out, "part", "parts") +
              " that took less than a millisecond, or found no room, stand only in the tables.",
          "dim");
  }
  add_html_steps(page, boot, timeline, path, index);
  page.end_section();
}

/// The most runs of stages that a page has, each with a picture and a table. A boot has eight.
constexpr std::size_t kMostStages = 16;

void add_boot(HtmlPage& page, const BootRecords& boot, const HtmlExtras& extras) {
  add_html_findings(page, boot, Severity::kDegraded);
  add_html_findings(page, boot, Severity::kNote);
  const auto timeline = make_timeline(boot, extras.system);
  const auto path = find_critical_path(boot, timeline);
  if (!timeline.spans.empty()) add_boot_picture(page, timeline, path, extras);
  if (extras.other != nullptr) add_html_comparison(page, compare_boots(boot, *extras.other));
  std::size_t stages = 0;
  for (std::size_t i = 0; i < timeline.spans.size(); ++i) {
    if (timeline.spans[i].kind == SpanKind::kStage && ++stages <= kMostStages)
      add_stage(page, boot, timeline, path, i);
  }
  page.add_left_out(stages - std::min(stages, kMostStages), "stage", "stages");
  add_html_system(page, timeline, path);
  add_html_requests(page, boot);
  add_html_links(page, boot);
  add_html_disks(page, boot);
  add_html_machine(page, boot);
  add_html_told(page, boot);
  add_html_attested(page, boot);
}

/// Whom the page is about: the host name, or else the VM's id.
std::string find_name(const ReportInputs& inputs, const ReportChoice& choice) {
  if (choice.boot != nullptr) {
    for (const auto& stage : choice.boot->stages) {
      if (!stage.hostname.empty()) return stage.hostname;
    }
  }
  return inputs.vm_id.empty() ? "this machine" : inputs.vm_id;
}

std::string make_head(const std::string& title) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n<title>" +
         to_markup(title) + "</title>\n<style>" + std::string(kPageStyle) +
         std::string(picture_style()) + "</style>\n</head>\n";
}

}  // namespace

std::string to_html(const ReportInputs& inputs, const ReportChoice& choice,
                    const HtmlExtras& extras) {
  constexpr std::size_t kTitle = 40;  // of a host name in the title, which has at most 70
  const auto outcomes = describe_outcomes(inputs, choice);
  const auto name = find_name(inputs, choice);
  HtmlPage page;
  page.begin_section("outcome", "Outcome");
  for (const auto& outcome : outcomes) add_outcome(page, outcome);
  if (choice.boot != nullptr) add_subject(page, *choice.boot);
  page.end_section();
  if (choice.boot != nullptr) add_boot(page, *choice.boot, extras);
  if (!inputs.unseen.empty()) {
    page.begin_section("unseen", "Not seen");
    for (const auto& what : inputs.unseen) page.add_paragraph(what);
    page.end_section();
  }
  return make_head(outcomes.front().word + ": " + cut_columns(name, kTitle)) +
         "<body>\n<a class=\"skip\" href=\"#outcome\">Skip to the outcome</a>\n<header>\n<h1>Boot "
         "of " +
         to_markup(name) + "</h1>\n</header>\n<main>\n" + page.text() +
         "</main>\n<footer>\n<p class=\"dim\">Made by azl-provision " + to_markup(AZL_VERSION) +
         ".</p>\n</footer>\n</body>\n</html>\n";
}

}  // namespace azl::provision
