#include "provision/report/otlp.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <ranges>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "provision/record/redact.h"
#include "provision/store/written_files.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;

/// The version of the semantic conventions whose names are used:
/// opentelemetry.io/docs/specs/semconv.
constexpr const char* kSchema = "https://opentelemetry.io/schemas/1.27.0";
/// Names of our own begin with this.
constexpr std::string_view kOwn = "azl_provision.";

// Enumerations of opentelemetry/proto/trace/v1/trace.proto.
enum class SpanKind { kInternal = 1, kClient = 3 };
enum class StatusCode { kUnset = 0, kOk = 1, kError = 2 };

/// Microseconds since the epoch.
struct Times {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

/// Moves a span into its parent.
Times within(const Times& parent, Times times) {
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

std::string clean(std::string_view text) { return redact(text).text; }

// The encoding.

Json text_attribute(std::string_view key, std::string_view value) {
  return {{"key", key}, {"value", {{"stringValue", clean(value)}}}};
}
Json number_attribute(std::string_view key, std::int64_t value) {
  return {{"key", key}, {"value", {{"intValue", std::to_string(value)}}}};
}
Json boolean_attribute(std::string_view key, bool value) {
  return {{"key", key}, {"value", {{"boolValue", value}}}};
}
std::string own(std::string_view name) { return std::string(kOwn) + std::string(name); }

/// Adds an attribute unless it is empty.
void add_text(Json& attributes, std::string_view key, std::string_view value) {
  if (!value.empty()) attributes.push_back(text_attribute(key, value));
}

std::string nanoseconds(std::int64_t micros) { return std::to_string(micros * 1000); }

struct Status {
  StatusCode code = StatusCode::kUnset;
  std::string message = {};  ///< of an error only
};

struct Span {
  std::string place;  ///< "", "main", "main/3", "main/3/tool/0": its parent's and its own
  std::string parent;
  std::string name;
  SpanKind kind = SpanKind::kInternal;
  Times times;
  Json attributes = Json::array();
  Json events = Json::array();
  Status status = {};
};

/// The spans of one boot.
class Trace {
 public:
  Trace(std::string_view boot_id, std::string_view vm_id)
      : id_(sha256_of("trace|" + std::string(boot_id) + "|" + std::string(vm_id)).substr(0, 32)) {}

  void add(Span span) {
    Json json = {{"traceId", id_}, {"spanId", span_id(span.place)}};
    if (!span.place.empty()) json["parentSpanId"] = span_id(span.parent);
    json["name"] = clean(span.name);
    json["kind"] = static_cast<int>(span.kind);
    json["startTimeUnixNano"] = nanoseconds(span.times.start);
    json["endTimeUnixNano"] = nanoseconds(span.times.end);
    json["attributes"] = std::move(span.attributes);
    if (!span.events.empty()) json["events"] = std::move(span.events);
    json["status"] = {{"code", static_cast<int>(span.status.code)}};
    if (!span.status.message.empty()) json["status"]["message"] = clean(span.status.message);
    spans_.push_back(std::move(json));
  }

  [[nodiscard]] Json take() { return std::move(spans_); }

 private:
  [[nodiscard]] std::string span_id(std::string_view place) const {
    return sha256_of(id_ + "|" + std::string(place)).substr(0, 16);
  }

  std::string id_;
  Json spans_ = Json::array();
};

// What becomes a span.

Json describe_finding(const FindingRecord& finding, std::int64_t at) {
  Json attributes = Json::array();
  add_text(attributes, own("severity"), to_string(finding.severity));
  add_text(attributes, own("reason"), finding.reason);
  add_text(attributes, own("cause"), finding.cause);
  add_text(attributes, own("device"), finding.device);
  add_text(attributes, own("message"), join(finding.chain, ": "));
  add_text(attributes, own("advice"), finding.advice);
  return {{"timeUnixNano", nanoseconds(at)},
          {"name", own("finding")},
          {"attributes", std::move(attributes)}};
}

void add_tool(Trace& trace, const std::string& step, std::size_t index, const ToolRecord& tool,
              const Times& times) {
  const auto name = tool.program.substr(tool.program.rfind('/') + 1);
  Span span{.place = step + "/tool/" + std::to_string(index),
            .parent = step,
            .name = name.empty() ? "program" : name,
            .times = times};
  add_text(span.attributes, "process.executable.name", name);
  span.attributes.push_back(number_attribute(own("cpu_us"), tool.cpu_us));
  span.attributes.push_back(boolean_attribute(own("start_estimated"), true));
  if (!tool.ok) {
    span.attributes.push_back(text_attribute("error.type", "_OTHER"));
    span.status = {.code = StatusCode::kError, .message = name + " failed"};
  }
  trace.add(std::move(span));
}

Status status_of(StepOutcome outcome, const std::string& why) {
  switch (outcome) {
    case StepOutcome::kDone:
    case StepOutcome::kUnchanged:
      return {.code = StatusCode::kOk};
    case StepOutcome::kFailed:
    case StepOutcome::kInterrupted:
      return {.code = StatusCode::kError, .message = why};
    case StepOutcome::kRunning:
    case StepOutcome::kSkipped:
      break;
  }
  return {};
}

Status status_of(const StageRecord& stage) {
  switch (stage.outcome) {
    case StageOutcome::kReady:
    case StageOutcome::kDegraded:
      return {.code = StatusCode::kOk};
    case StageOutcome::kFailed: {
      const auto fatal =
          std::ranges::find(stage.findings, Severity::kFatal, &FindingRecord::severity);
      return {.code = StatusCode::kError,
              .message = fatal == stage.findings.end() ? "failed" : join(fatal->chain, ": ")};
    }
    case StageOutcome::kInterrupted:
      return {.code = StatusCode::kError, .message = "the agent was killed during this stage"};
    case StageOutcome::kRunning:
      break;
  }
  return {};
}

/// One stage: where it stands in time, and its children.
class StageSpans {
 public:
  /// `start`: of the stage, in microseconds since the epoch. `place` differs from those of other
  /// stages.
  StageSpans(const StageRecord& stage, std::string place, std::int64_t start)
      : stage_(stage), place_(std::move(place)) {
    times_ = {.start = start, .end = add_time(start, stage.took_us)};
    for (const auto& step : stage.steps) {
      const auto began = add_time(start, step.start_us);
      steps_.push_back({.start = began, .end = std::max(began, add_time(began, step.took_us))});
      times_.end = std::max(times_.end, steps_.back().end);
    }
  }

  [[nodiscard]] const Times& times() const { return times_; }

  void add_to(Trace& trace) const {
    Span span{.place = place_,
              .parent = "",
              .name = std::string(to_string(stage_.stage)),
              .times = times_,
              .status = status_of(stage_)};
    add_text(span.attributes, own("stage"), to_string(stage_.stage));
    add_text(span.attributes, own("outcome"), to_string(stage_.outcome));
    add_text(span.attributes, own("course"), stage_.course);
    add_text(span.attributes, own("course_why"), stage_.course_why);
    span.attributes.push_back(number_attribute("process.exit.code", stage_.exit_status));
    span.attributes.push_back(number_attribute(own("cpu_us"), stage_.cpu_us));
    span.attributes.push_back(number_attribute(own("children_cpu_us"), stage_.children_cpu_us));
    span.attributes.push_back(number_attribute(own("max_rss_kib"), stage_.max_rss_kib));
    add_error_type(span, [](const FindingRecord&) { return true; });
    add_findings(span, [&](const FindingRecord& finding) { return !has_step(finding.step); });
    trace.add(std::move(span));
    for (std::size_t i = 0; i < steps_.size(); ++i) add_step(trace, i);
    add_requests(trace);
  }

 private:
  static std::int64_t add_time(std::int64_t one, std::int64_t other) {
    return add_clamped(one, std::max<std::int64_t>(other, 0));
  }

  [[nodiscard]] std::string place_of(std::size_t step) const {
    return place_ + "/" + std::to_string(step);
  }

  [[nodiscard]] bool has_step(std::string_view name) const {
    return std::ranges::find(stage_.steps, name, &StepRecord::name) != stage_.steps.end();
  }

  template <class Predicate>
  void add_findings(Span& span, const Predicate& wanted) const {
    for (const auto& finding : stage_.findings) {
      if (wanted(finding)) span.events.push_back(describe_finding(finding, span.times.end));
    }
  }

  /// Adds the reason of the first of the worst findings to a span that failed.
  template <class Predicate>
  void add_error_type(Span& span, const Predicate& wanted) const {
    const FindingRecord* worst = nullptr;
    for (const auto& finding : stage_.findings) {
      if (wanted(finding) && (worst == nullptr || finding.severity > worst->severity))
        worst = &finding;
    }
    if (span.status.code == StatusCode::kError && worst != nullptr)
      add_text(span.attributes, "error.type", worst->reason);
  }

  void add_step(Trace& trace, std::size_t index) const {
    const auto& step = stage_.steps[index];
    Span span{.place = place_of(index),
              .parent = place_,
              .name = step.name.empty() ? "step" : step.name,
              .times = within(times_, steps_[index]),
              .status = status_of(step.outcome, step.why)};
    add_text(span.attributes, own("step"), step.name);
    add_text(span.attributes, own("what"), step.what);
    add_text(span.attributes, own("outcome"), to_string(step.outcome));
    add_text(span.attributes, own("why"), step.why);
    const auto is_its = [&](const FindingRecord& finding) { return finding.step == step.name; };
    add_error_type(span, is_its);
    add_findings(span, is_its);
    auto next = span.times;
    const auto place = span.place;
    trace.add(std::move(span));
    for (std::size_t i = 0; i < step.tools.size(); ++i) {
      const auto& tool = step.tools[i];
      const auto end = add_time(next.start, tool.wall_us);
      const auto times = within(next, {.start = next.start, .end = end});
      add_tool(trace, place, i, tool, times);
      next.start = times.end;
    }
  }

  /// Returns the step that ran at a time; nullopt if none did.
  [[nodiscard]] std::optional<std::size_t> find_step(std::int64_t at) const {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].start <= at && at <= steps_[i].end) return i;
    }
    return std::nullopt;
  }

  void add_requests(Trace& trace) const {
    const auto began = parse_time(stage_.started);
    std::map<std::string, int> sent;  // how often, by request
    for (std::size_t i = 0; i < stage_.attempts.size(); ++i) {
      const auto& request = stage_.attempts[i];
      // Both are by the clock as it was set then. The stage may be shown by a later setting.
      const auto at = parse_time(request.at);
      const auto start = at && began ? add_time(times_.start, *at - *began) : times_.start;
      const auto step = find_step(start);
      const auto& parent = step ? steps_[*step] : times_;
      const auto parent_place = step ? place_of(*step) : place_;
      add_request(
          trace, parent_place + "/request/" + std::to_string(i), parent_place, request,
          within(within(times_, parent), {.start = start, .end = add_time(start, request.took_us)}),
          sent[request.endpoint + " " + request.request]++);
    }
  }

  static void add_request(Trace& trace, std::string place, std::string parent,
                          const AttemptRecord& request, const Times& times, int sent_before) {
    const auto space = request.request.find(' ');
    const auto method = request.request.empty() ? "request" : request.request.substr(0, space);
    const auto target =
        space == std::string::npos ? std::string() : request.request.substr(space + 1);
    const auto path = target.substr(0, target.find('?'));
    Span span{.place = std::move(place),
              .parent = std::move(parent),
              .name = path.empty() ? method : method + " " + path,
              .kind = SpanKind::kClient,
              .times = times};
    add_text(span.attributes, "http.request.method", method);
    add_text(span.attributes, "url.path", path);
    add_text(span.attributes, "peer.service", request.endpoint);
    if (request.status > 0)
      span.attributes.push_back(number_attribute("http.response.status_code", request.status));
    if (sent_before > 0)
      span.attributes.push_back(number_attribute("http.request.resend_count", sent_before));
    add_text(span.attributes, own("outcome"), request.outcome);
    const bool failed = request.status == 0 || request.status >= 400;
    if (failed) {
      span.attributes.push_back(text_attribute(
          "error.type", request.status > 0 ? std::to_string(request.status) : "_OTHER"));
      span.status = {.code = StatusCode::kError, .message = request.outcome};
    }
    trace.add(std::move(span));
  }

  const StageRecord& stage_;
  std::string place_;
  Times times_;
  std::vector<Times> steps_;
};

/// Returns when the machine was booted by the clock of the last stage that knows it, in
/// microseconds since the epoch; nullopt for a tree.
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

Status status_of(const BootRecords& boot) {
  Status status;
  for (const auto& stage : boot.stages) {
    auto each = status_of(stage);
    if (each.code == StatusCode::kError) return each;
    if (each.code == StatusCode::kOk) status = std::move(each);
  }
  return status;
}

Json make_spans(const BootRecords& boot, std::string_view vm_id) {
  const auto booted = find_boot_time(boot);
  std::vector<StageSpans> stages;
  std::map<std::string, int> seen;  // each stage once, as a rule
  for (const auto& stage : boot.stages) {
    auto place = std::string(to_string(stage.stage));
    if (const int before = seen[place]++; before > 0) place += "-" + std::to_string(before);
    stages.emplace_back(stage, std::move(place), start_of(stage, booted));
  }
  Times times{.start = booted.value_or(std::numeric_limits<std::int64_t>::max()), .end = 0};
  for (const auto& stage : stages) {
    times.start = std::min(times.start, stage.times().start);
    times.end = std::max(times.end, stage.times().end);
  }
  Trace trace(boot.boot_id, vm_id);
  Span span{.place = "", .parent = "", .name = "boot", .times = times, .status = status_of(boot)};
  add_text(span.attributes, own("boot_id"), boot.boot_id);
  trace.add(std::move(span));
  for (const auto& stage : stages) stage.add_to(trace);
  return trace.take();
}

/// Returns a member of the last stage that has a value for it. Empty if no stage has one.
std::string last_text(const BootRecords& boot, std::string StageRecord::* member) {
  for (const auto& stage : boot.stages | std::views::reverse) {
    if (!(stage.*member).empty()) return stage.*member;
  }
  return {};
}

}  // namespace

std::string to_otlp(const ReportInputs& inputs, const ReportChoice& choice) {
  Json document = {{"resourceSpans", Json::array()}};
  if (choice.boot != nullptr && !choice.boot->stages.empty()) {
    const auto& boot = *choice.boot;
    const auto recorded_vm = last_text(boot, &StageRecord::vm_id);
    const auto vm_id = recorded_vm.empty() ? inputs.vm_id : recorded_vm;
    const auto agent = last_text(boot, &StageRecord::agent);
    const auto version = agent.substr(std::min(agent.size(), agent.find('/') + 1));
    Json resource = Json::array();
    add_text(resource, "service.name", "azl-provision");
    add_text(resource, "service.version", version);
    add_text(resource, "host.id", vm_id);
    add_text(resource, "host.name", last_text(boot, &StageRecord::hostname));
    if (!vm_id.empty()) {
      add_text(resource, "cloud.provider", "azure");
      add_text(resource, "cloud.platform", "azure_vm");
    }
    add_text(resource, "os.type", "linux");
    Json scope = {{"name", "azl-provision"}};
    if (!version.empty()) scope["version"] = version;
    document["resourceSpans"].push_back(
        {{"resource", {{"attributes", std::move(resource)}}},
         {"scopeSpans",
          Json::array({{{"scope", std::move(scope)}, {"spans", make_spans(boot, vm_id)}}})},
         {"schemaUrl", kSchema}});
  }
  return printable_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace azl::provision
