#include "provision/report/otlp.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <ranges>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "provision/record/redact.h"
#include "provision/report/timeline.h"
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
enum class OtlpKind { kInternal = 1, kClient = 3 };
enum class StatusCode { kUnset = 0, kOk = 1, kError = 2 };

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

/// A span as a message of OTLP.
struct Message {
  std::string place;  ///< "" for the boot; else Span::place
  std::string parent;
  std::string name;
  OtlpKind kind = OtlpKind::kInternal;
  SpanTimes times;
  Json attributes = Json::array();
  Json events = Json::array();
  Status status = {};
};

/// The spans of one boot.
class Trace {
 public:
  Trace(std::string_view boot_id, std::string_view vm_id)
      : id_(sha256_of("trace|" + std::string(boot_id) + "|" + std::string(vm_id)).substr(0, 32)) {}

  void add(Message span) {
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

/// Makes messages of the spans of one boot.
class Messages {
 public:
  Messages(const BootRecords& boot, const Timeline& timeline) : boot_(boot), timeline_(timeline) {}

  void add_to(Trace& trace) {
    for (const auto& span : timeline_.spans) {
      auto message = begin(span);
      fill(message, span);
      trace.add(std::move(message));
    }
  }

 private:
  [[nodiscard]] Message begin(const Span& span) const {
    return {.place = span.place,
            .parent = span.parent ? timeline_.spans[*span.parent].place : "",
            .name = span.name,
            .times = span.times};
  }

  void fill(Message& message, const Span& span) {
    switch (span.kind) {
      case SpanKind::kStage:
        return fill_stage(message, stage_of(span));
      case SpanKind::kStep:
        return fill_step(message, stage_of(span), stage_of(span).steps[span.step]);
      case SpanKind::kProgram:
        return fill_tool(message, stage_of(span).steps[span.step].tools[span.item]);
      case SpanKind::kRequest:
        return fill_request(message, span, stage_of(span).attempts[span.item]);
      case SpanKind::kKernel:
      case SpanKind::kInitrd:
      case SpanKind::kUnit:
        break;
    }
  }

  [[nodiscard]] const StageRecord& stage_of(const Span& span) const {
    return boot_.stages[span.stage];
  }

  static void fill_stage(Message& message, const StageRecord& stage) {
    message.status = status_of(stage);
    auto& attributes = message.attributes;
    add_text(attributes, own("stage"), to_string(stage.stage));
    add_text(attributes, own("outcome"), to_string(stage.outcome));
    add_text(attributes, own("course"), stage.course);
    add_text(attributes, own("course_why"), stage.course_why);
    attributes.push_back(number_attribute("process.exit.code", stage.exit_status));
    attributes.push_back(number_attribute(own("cpu_us"), stage.cpu_us));
    attributes.push_back(number_attribute(own("children_cpu_us"), stage.children_cpu_us));
    attributes.push_back(number_attribute(own("max_rss_kib"), stage.max_rss_kib));
    add_error_type(message, stage, [](const FindingRecord&) { return true; });
    add_findings(message, stage, [&](const FindingRecord& finding) {
      return std::ranges::find(stage.steps, finding.step, &StepRecord::name) == stage.steps.end();
    });
  }

  static void fill_step(Message& message, const StageRecord& stage, const StepRecord& step) {
    message.status = status_of(step.outcome, step.why);
    add_text(message.attributes, own("step"), step.name);
    add_text(message.attributes, own("what"), step.what);
    add_text(message.attributes, own("outcome"), to_string(step.outcome));
    add_text(message.attributes, own("why"), step.why);
    const auto is_its = [&](const FindingRecord& finding) { return finding.step == step.name; };
    add_error_type(message, stage, is_its);
    add_findings(message, stage, is_its);
  }

  static void fill_tool(Message& message, const ToolRecord& tool) {
    const auto name = tool.program.substr(tool.program.rfind('/') + 1);
    add_text(message.attributes, "process.executable.name", name);
    message.attributes.push_back(number_attribute(own("cpu_us"), tool.cpu_us));
    message.attributes.push_back(boolean_attribute(own("start_estimated"), true));
    if (tool.ok) return;
    message.attributes.push_back(text_attribute("error.type", "_OTHER"));
    message.status = {.code = StatusCode::kError, .message = name + " failed"};
  }

  void fill_request(Message& message, const Span& span, const AttemptRecord& request) {
    const auto space = request.request.find(' ');
    const auto method = request.request.empty() ? "request" : request.request.substr(0, space);
    const auto target =
        space == std::string::npos ? std::string() : request.request.substr(space + 1);
    message.kind = OtlpKind::kClient;
    auto& attributes = message.attributes;
    add_text(attributes, "http.request.method", method);
    add_text(attributes, "url.path", target.substr(0, target.find('?')));
    add_text(attributes, "peer.service", request.endpoint);
    if (request.status > 0)
      attributes.push_back(number_attribute("http.response.status_code", request.status));
    const auto before = sent_[{span.stage, request.endpoint + " " + request.request}]++;
    if (before > 0) attributes.push_back(number_attribute("http.request.resend_count", before));
    add_text(attributes, own("outcome"), request.outcome);
    if (!span.failed) return;
    attributes.push_back(text_attribute(
        "error.type", request.status > 0 ? std::to_string(request.status) : "_OTHER"));
    message.status = {.code = StatusCode::kError, .message = request.outcome};
  }

  template <class Predicate>
  static void add_findings(Message& message, const StageRecord& stage, const Predicate& wanted) {
    for (const auto& finding : stage.findings) {
      if (wanted(finding)) message.events.push_back(describe_finding(finding, message.times.end));
    }
  }

  /// Adds the reason of the first of the worst findings to a span that failed.
  template <class Predicate>
  static void add_error_type(Message& message, const StageRecord& stage, const Predicate& wanted) {
    const FindingRecord* worst = nullptr;
    for (const auto& finding : stage.findings) {
      if (wanted(finding) && (worst == nullptr || finding.severity > worst->severity))
        worst = &finding;
    }
    if (message.status.code == StatusCode::kError && worst != nullptr)
      add_text(message.attributes, "error.type", worst->reason);
  }

  const BootRecords& boot_;
  const Timeline& timeline_;
  std::map<std::pair<std::size_t, std::string>, int> sent_;  ///< how often, by stage and request
};

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
  const auto timeline = make_timeline(boot);
  Trace trace(boot.boot_id, vm_id);
  Message message{.place = "",
                  .parent = "",
                  .name = "boot",
                  .times = timeline.whole,
                  .status = status_of(boot)};
  add_text(message.attributes, own("boot_id"), boot.boot_id);
  trace.add(std::move(message));
  Messages(boot, timeline).add_to(trace);
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
