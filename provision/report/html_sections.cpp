#include "provision/report/html_sections.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/count.h"
#include "base/text.h"
#include "provision/report/comparison_text.h"
#include "provision/report/headline.h"
#include "provision/report/phrases.h"

namespace azl::provision {
namespace {

/// The longest list of a page. A stage has about 30 steps.
constexpr std::size_t kMostRows = 300;
constexpr std::size_t kMostItems = 100;

/// Returns the first ones of a list.
template <class T>
std::span<const T> first_of(const std::vector<T>& list, std::size_t most) {
  return std::span(list).first(std::min(list.size(), most));
}

template <class T>
std::size_t beyond(const std::vector<T>& list, std::size_t most) {
  return list.size() - std::min(list.size(), most);
}

std::string word(auto value) { return std::string(to_string(value)); }

std::string describe_time(std::optional<std::int64_t> micros) {
  return micros ? describe_duration(*micros) : "-";
}

std::string describe_began(const Timeline& timeline, const Span& span) {
  return describe_duration(span.times.start - timeline.whole.start);
}

/// Marks what is on the critical path, as the captions of the tables say.
std::string mark(const std::string& name, bool critical) { return critical ? name + " *" : name; }
constexpr std::string_view kMarkMeans = "; * is on the critical path";

}  // namespace

void add_html_findings(HtmlPage& page, const BootRecords& boot, Severity severity) {
  std::size_t count = 0;
  for (const auto& stage : boot.stages) {
    for (const auto& finding : stage.findings) {
      if (severity_now(boot, finding) != severity) continue;
      const bool warning = severity == Severity::kDegraded;
      if (count++ == 0) {
        page.begin_section(warning ? "warnings" : "notes", warning ? "Warnings" : "Notes");
        page.begin_list("ul");
      }
      if (count <= kMostItems)
        page.add_item(finding.step, join(finding.chain, ": "),
                      warning ? "Do: " + finding.advice + "." : "", warning ? "warning" : "");
    }
  }
  if (count == 0) return;
  page.end_list("ul");
  page.add_left_out(count - std::min(count, kMostItems), "finding", "findings");
  page.end_section();
}

void add_html_system(HtmlPage& page, const Timeline& timeline, const CriticalPath& path) {
  bool any = false;
  for (std::size_t i = 0; i < timeline.spans.size(); ++i) {
    const auto& span = timeline.spans[i];
    const bool is_system = span.kind == SpanKind::kKernel || span.kind == SpanKind::kInitrd ||
                           span.kind == SpanKind::kUnit;
    if (!is_system) continue;
    if (!any) {
      page.begin_section("system", "Kernel and units");
      page.begin_table(
          "When they began, after the kernel, and how long they took" + std::string(kMarkMeans),
          {"What", "Began", "Took"});
    }
    any = true;
    page.add_row({mark(span.name, path.has(i)), describe_began(timeline, span),
                  describe_duration(span.times.took())});
  }
  if (!any) return;
  page.end_table();
  page.end_section();
}

void add_html_steps(HtmlPage& page, const BootRecords& boot, const Timeline& timeline,
                    const CriticalPath& path, std::size_t stage) {
  const auto& record = boot.stages[timeline.spans[stage].stage];
  if (record.steps.empty()) return;
  page.begin_table("Steps of stage " + word(record.stage) + std::string(kMarkMeans),
                   {"Step", "Began", "Took", "Outcome"});
  std::size_t rows = 0;
  for (std::size_t i = stage + 1; i < timeline.spans.size(); ++i) {
    const auto& span = timeline.spans[i];
    if (span.kind != SpanKind::kStep || span.parent != stage) continue;
    if (++rows > kMostRows) continue;
    const auto& step = record.steps[span.step];
    const auto tools = describe_tools(step);
    page.add_row({mark(span.name, path.has(i)), describe_began(timeline, span),
                  describe_duration(step.took_us), word(step.outcome)},
                 step.why + (step.why.empty() || tools.empty() ? "" : "; ") + tools,
                 span.failed ? "bad" : "");
  }
  page.end_table();
  page.add_left_out(rows - std::min(rows, kMostRows), "step", "steps");
}

void add_html_comparison(HtmlPage& page, const Comparison& comparison) {
  page.begin_section("comparison", "Beside another boot");
  page.add_paragraph("This boot, " + comparison.here + ", beside boot " + comparison.there + ": " +
                     describe_count(comparison.slower, "stage or step is", "stages and steps are") +
                     " slower: by at least " + describe_duration(kNoticeableUs) +
                     ", and half as long again.");
  page.begin_table("Times on both boots", {"Step", "Here", "There", "Change"});
  for (const auto& step : first_of(comparison.steps, kMostRows)) {
    page.add_row({step.step.empty() ? "stage " + step.stage : step.step, describe_time(step.here),
                  describe_time(step.there), describe_change(step)},
                 "", step.change == Change::kSlower ? "warning" : "");
  }
  page.end_table();
  page.add_left_out(beyond(comparison.steps, kMostRows), "row", "rows");
  page.end_section();
}

void add_html_requests(HtmlPage& page, const BootRecords& boot) {
  std::size_t count = 0;
  for (const auto& stage : boot.stages) {
    for (const auto& request : stage.attempts) {
      if (count++ == 0) {
        page.begin_section("requests", "Requests to the platform");
        page.begin_table("Each request, and what came back", {"To", "At", "Took", "Status"});
      }
      if (count > kMostRows) continue;
      const bool ok = request.outcome == "ok";
      page.add_row(
          {request.endpoint, time_of_day(request.at, 12), describe_duration(request.took_us),
           request.status == 0 ? "none" : std::to_string(request.status)},
          request.request + (ok ? "" : ": " + request.outcome), ok ? "" : "warning");
    }
  }
  if (count == 0) return;
  page.end_table();
  page.add_left_out(count - std::min(count, kMostRows), "request", "requests");
  page.end_section();
}

void add_html_links(HtmlPage& page, const BootRecords& boot) {
  const auto* last = find_last_links(boot);
  if (last == nullptr) return;
  page.begin_section("links", "Links");
  page.begin_list("ul");
  for (const auto& link : first_of(last->links, kMostItems)) {
    const auto acceleration = describe_acceleration(link.acceleration);
    page.add_item(link.name, describe_link(link),
                  link.why + (link.why.empty() || acceleration.empty() ? "" : "; ") + acceleration);
  }
  page.end_list("ul");
  page.add_left_out(beyond(last->links, kMostItems), "link", "links");
  page.end_section();
}

void add_html_disks(HtmlPage& page, const BootRecords& boot) {
  const auto* stage = find_stage(boot, Stage::kDisks);
  if (stage == nullptr || stage->disks.empty()) return;
  page.begin_section("disks", "Disks before and after");
  for (const auto& disk : first_of(stage->disks, kMostItems)) {
    page.add_heading(disk.device);
    page.begin_list("dl");
    page.add_definition("What", describe_disk(disk) + (disk.why.empty() ? "" : ": " + disk.why));
    page.add_definition("Before", disk.found.empty() ? "it was not read" : disk.found);
    if (disk.decisions.empty()) page.add_definition("After", "unchanged");
    for (const auto& decision : first_of(disk.decisions, kMostItems))
      page.add_definition("After", decision);
    page.end_list("dl");
  }
  page.add_left_out(beyond(stage->disks, kMostItems), "disk", "disks");
  page.end_section();
}

void add_html_machine(HtmlPage& page, const BootRecords& boot) {
  const auto* main = find_stage(boot, Stage::kMain);
  if (main == nullptr) return;
  if (main->hostname.empty() && main->user.name.empty() && main->host_keys.empty()) return;
  page.begin_section("machine", "Machine and keys");
  page.begin_list("dl");
  if (!main->hostname.empty()) page.add_definition("Host name", main->hostname);
  if (!main->user.name.empty()) page.add_definition("User", describe_user(main->user));
  for (const auto& key : first_of(main->user.keys, kMostItems))
    page.add_definition("Key", key.type + " " + key.fingerprint);
  for (const auto& key : first_of(main->host_keys, kMostItems))
    page.add_definition("Host key", key.type + " " + key.fingerprint);
  page.end_list("dl");
  page.add_left_out(beyond(main->user.keys, kMostItems) + beyond(main->host_keys, kMostItems),
                    "key", "keys");
  page.end_section();
}

void add_html_told(HtmlPage& page, const BootRecords& boot) {
  std::size_t count = 0;
  for (const auto& stage : boot.stages) {
    for (const auto& told : stage.told) {
      if (count++ == 0) {
        page.begin_section("told", "What the platform was told");
        page.begin_list("ul");
      }
      if (count <= kMostItems)
        page.add_item(told.channel, describe_told(told), time_of_day(told.at, 8),
                      told.delivered ? "" : "warning");
    }
  }
  if (count == 0) return;
  page.end_list("ul");
  page.add_left_out(count - std::min(count, kMostItems), "message", "messages");
  page.end_section();
}

void add_html_attested(HtmlPage& page, const BootRecords& boot) {
  const auto* stage = find_stage(boot, Stage::kReport);
  const auto words = stage == nullptr ? std::string() : describe_attested(stage->attested);
  if (words.empty()) return;
  page.begin_section("identity", "Signed identity");
  page.add_paragraph(words, stage->attested.verdict == Attested::kRefuted ? "warning" : "");
  page.end_section();
}

}  // namespace azl::provision
