#include "provision/report/timeline.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <ranges>
#include <utility>

#include "base/text.h"

namespace azl::provision {
namespace {

/// Moves a span into its parent.
SpanTimes within(const SpanTimes& parent, SpanTimes times) {
  times.start = std::clamp(times.start, parent.start, parent.end);
  times.end = std::clamp(times.end, times.start, parent.end);
  return times;
}

/// Adds times and durations of records, which may be anybody's. Returns 0 to the year 2112.
std::int64_t add_clamped(std::int64_t one, std::int64_t other) {
  constexpr auto kMost = std::int64_t{1} << 52;  // as nanoseconds it fits into 63 bits
  return std::clamp(std::clamp(one, -kMost, kMost) + std::clamp(other, -kMost, kMost),
                    std::int64_t{0}, kMost);
}

std::int64_t add_duration(std::int64_t time, std::int64_t duration) {
  return add_clamped(time, std::max<std::int64_t>(duration, 0));
}

std::optional<unsigned> parse_digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  unsigned number = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

/// Parses "2026-11-23T06:12:39.123456+00:00", as iso8601() writes it. The fraction may be missing.
std::optional<std::int64_t> parse_time(std::string_view text) {
  const auto year = parse_digits(text, 0, 4);
  const auto month = parse_digits(text, 5, 2);
  const auto day = parse_digits(text, 8, 2);
  const auto hour = parse_digits(text, 11, 2);
  const auto minute = parse_digits(text, 14, 2);
  const auto second = parse_digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok() || *year < 1970) return std::nullopt;
  const auto micros = text.substr(19).starts_with('.') ? parse_digits(text, 20, 6) : std::nullopt;
  const auto seconds = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                       std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  return std::chrono::duration_cast<std::chrono::microseconds>(seconds).count() +
         micros.value_or(0);
}

/// Returns when the machine was booted by the clock of the last stage that knows it.
std::optional<std::int64_t> find_boot_time(const BootRecords& boot) {
  for (const auto& stage : boot.stages | std::views::reverse) {
    const auto started = parse_time(stage.started);
    if (started && stage.since_boot_us > 0 && stage.since_boot_us < *started)
      return *started - stage.since_boot_us;
  }
  return std::nullopt;
}

std::int64_t start_of(const StageRecord& stage, std::optional<std::int64_t> booted) {
  if (booted && stage.since_boot_us > 0) return add_clamped(*booted, stage.since_boot_us);
  return add_clamped(parse_time(stage.started).value_or(booted.value_or(0)), 0);
}

std::string file_name(const std::string& program) {
  auto name = program.substr(program.rfind('/') + 1);
  return name.empty() ? "program" : name;
}

/// "GET /metadata/instance": a request without its query.
std::string request_name(const std::string& request) {
  auto name = std::string(trim(request.substr(0, request.find('?', request.find(' ')))));
  return name.empty() ? "request" : name;
}

bool is_failure(StepOutcome outcome) {
  return outcome == StepOutcome::kFailed || outcome == StepOutcome::kInterrupted;
}

bool is_failure(StageOutcome outcome) {
  return outcome == StageOutcome::kFailed || outcome == StageOutcome::kInterrupted;
}

/// Adds one stage and what lies within it.
class StageSpans {
 public:
  /// `place` differs from those of other stages. `index` is that of the stage.
  StageSpans(const StageRecord& stage, std::size_t index, std::string place, std::int64_t start,
             std::vector<Span>& spans)
      : stage_(stage), index_(index), own_(spans.size()), spans_(spans) {
    SpanTimes times{.start = start, .end = add_duration(start, stage.took_us)};
    for (const auto& step : stage.steps) times.end = std::max(times.end, times_of(step, start).end);
    spans_.push_back({.name = std::string(to_string(stage.stage)),
                      .kind = SpanKind::kStage,
                      .times = times,
                      .outcome = std::string(to_string(stage.outcome)),
                      .failed = is_failure(stage.outcome),
                      .place = std::move(place),
                      .stage = index});
    for (std::size_t i = 0; i < stage.steps.size(); ++i) add_step(i);
    add_requests();
  }

 private:
  static SpanTimes times_of(const StepRecord& step, std::int64_t start) {
    const auto began = add_duration(start, step.start_us);
    return {.start = began, .end = add_duration(began, step.took_us)};
  }

  void add_step(std::size_t index) {
    const auto& step = stage_.steps[index];
    const auto whole = spans_[own_].times;
    const auto own = spans_.size();
    steps_.push_back(own);
    spans_.push_back({.name = step.name.empty() ? "step" : step.name,
                      .kind = SpanKind::kStep,
                      .times = within(whole, times_of(step, whole.start)),
                      .parent = own_,
                      .outcome = std::string(to_string(step.outcome)),
                      .failed = is_failure(step.outcome),
                      .place = spans_[own_].place + "/" + std::to_string(index),
                      .stage = index_,
                      .step = index});
    auto next = spans_[own].times;
    for (std::size_t i = 0; i < step.tools.size(); ++i) {
      const auto& tool = step.tools[i];
      const SpanTimes times{.start = next.start, .end = add_duration(next.start, tool.wall_us)};
      spans_.push_back({.name = file_name(tool.program),
                        .kind = SpanKind::kProgram,
                        .times = within(next, times),
                        .parent = own,
                        .outcome = tool.ok ? "done" : "failed",
                        .failed = !tool.ok,
                        .estimated = true,
                        .place = spans_[own].place + "/tool/" + std::to_string(i),
                        .stage = index_,
                        .step = index,
                        .item = i});
      next.start = spans_.back().times.end;
    }
  }

  /// Returns the span of the step that ran at a time, or that of the stage if none did.
  [[nodiscard]] std::size_t find_parent(std::int64_t at) const {
    for (const auto step : steps_) {
      if (spans_[step].times.start <= at && at <= spans_[step].times.end) return step;
    }
    return own_;
  }

  void add_requests() {
    const auto began = parse_time(stage_.started);
    for (std::size_t i = 0; i < stage_.attempts.size(); ++i) {
      const auto& request = stage_.attempts[i];
      const auto stage_start = spans_[own_].times.start;
      // Both are by the clock as it was set then. The stage may be shown by a later setting.
      const auto at = parse_time(request.at);
      const auto start = at && began ? add_duration(stage_start, *at - *began) : stage_start;
      const auto parent = find_parent(start);
      const SpanTimes times{.start = start, .end = add_duration(start, request.took_us)};
      spans_.push_back(
          {.name = request_name(request.request),
           .kind = SpanKind::kRequest,
           .times = within(spans_[parent].times, times),
           .parent = parent,
           .outcome = request.status > 0 ? std::to_string(request.status) : "no answer",
           .failed = request.status == 0 || request.status >= 400,
           .place = spans_[parent].place + "/request/" + std::to_string(i),
           .stage = index_,
           .step = spans_[parent].step,
           .item = i});
    }
  }

  const StageRecord& stage_;
  std::size_t index_;
  std::size_t own_;
  std::vector<Span>& spans_;
  std::vector<std::size_t> steps_;
};

void add_system(const SystemTimes& system, std::int64_t booted, std::vector<Span>& spans) {
  const auto add = [&](std::string name, SpanKind kind, std::int64_t from, std::int64_t to) {
    const auto start = add_duration(booted, from);
    auto place = std::string(to_string(kind)) + "/" + name;
    spans.push_back({.name = std::move(name),
                     .kind = kind,
                     .times = {.start = start, .end = std::max(start, add_duration(booted, to))},
                     .place = std::move(place)});
  };
  const auto kernel_end = system.initrd ? system.initrd : system.userspace;
  if (kernel_end) add("kernel", SpanKind::kKernel, 0, *kernel_end);
  if (system.initrd && system.userspace)
    add("initrd", SpanKind::kInitrd, *system.initrd, *system.userspace);
  auto units = system.units;
  const auto start_of_unit = [](const UnitTimes& unit) {
    return unit.started ? unit.started : unit.active;
  };
  std::ranges::stable_sort(units, {}, start_of_unit);
  for (const auto& unit : units) {
    const auto start = start_of_unit(unit);
    if (start) add(unit.unit, SpanKind::kUnit, *start, unit.active.value_or(*start));
  }
}

}  // namespace

Timeline make_timeline(const BootRecords& boot, const SystemTimes* system) {
  Timeline timeline{.booted = find_boot_time(boot)};
  if (system != nullptr && timeline.booted) add_system(*system, *timeline.booted, timeline.spans);
  std::map<std::string, int> seen;  // each stage once, as a rule
  for (std::size_t i = 0; i < boot.stages.size(); ++i) {
    const auto& stage = boot.stages[i];
    auto place = std::string(to_string(stage.stage));
    if (const int before = seen[place]++; before > 0) place += "-" + std::to_string(before);
    StageSpans(stage, i, std::move(place), start_of(stage, timeline.booted), timeline.spans);
  }
  if (timeline.spans.empty()) return timeline;
  timeline.whole.start = timeline.booted.value_or(std::numeric_limits<std::int64_t>::max());
  for (const auto& span : timeline.spans) {
    timeline.whole.start = std::min(timeline.whole.start, span.times.start);
    timeline.whole.end = std::max(timeline.whole.end, span.times.end);
  }
  return timeline;
}

}  // namespace azl::provision
