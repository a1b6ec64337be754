#include "provision/report/otlp.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/provision/report/report_samples.h"

using namespace azl::provision;
using namespace azl::test;
using nlohmann::json;

// The rules below are from opentelemetry/proto/trace/v1/trace.proto, common/v1/common.proto and
// the "JSON Protobuf Encoding" of opentelemetry.io/docs/specs/otlp. Debian packages none of these
// definitions, so they are checked by this table. tests/system/otlp_test.sh reads exports by those
// of npm.

namespace {

using Words = std::set<std::string>;

bool is_hex(const json& value, std::size_t size) {
  if (!value.is_string()) return false;
  const auto text = value.get<std::string>();
  const bool zero = text.find_first_not_of('0') == std::string::npos;
  return text.size() == size && !zero &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Whether a value is a 64-bit integer as JSON has it: a text of digits.
bool is_int64(const json& value) {
  if (!value.is_string()) return false;
  const auto text = value.get<std::string>();
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && digits.size() <= 19 &&
         digits.find_first_not_of("0123456789") == std::string::npos;
}

Words names_of(const json& object) {
  Words names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

/// Checks that an object has these members, and only members of the message.
void check_members(const json& object, const Words& needed, const Words& possible) {
  REQUIRE(object.is_object());
  for (const auto& name : needed) CHECK_MESSAGE(object.contains(name), name);
  for (const auto& name : names_of(object))
    CHECK_MESSAGE((needed.contains(name) || possible.contains(name)), name);
}

void check_attributes(const json& attributes) {
  REQUIRE(attributes.is_array());
  Words keys;
  for (const auto& each : attributes) {
    check_members(each, {"key", "value"}, {});
    const auto key = each.at("key").get<std::string>();
    CHECK_FALSE(key.empty());
    CHECK_MESSAGE(keys.insert(key).second, key);  // keys of a list are unique
    const auto& value = each.at("value");
    REQUIRE(value.size() == 1);
    if (value.contains("intValue"))
      CHECK(is_int64(value.at("intValue")));
    else if (value.contains("boolValue"))
      CHECK(value.at("boolValue").is_boolean());
    else
      CHECK(value.at("stringValue").is_string());
  }
}

void check_span(const json& span) {
  check_members(span, {"traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"},
                {"parentSpanId", "attributes", "events", "status"});
  CHECK(is_hex(span.at("traceId"), 32));
  CHECK(is_hex(span.at("spanId"), 16));
  if (span.contains("parentSpanId")) CHECK(is_hex(span.at("parentSpanId"), 16));
  CHECK_FALSE(span.at("name").get<std::string>().empty());
  REQUIRE(span.at("kind").is_number_integer());
  CHECK((span.at("kind") == 1 || span.at("kind") == 3));
  CHECK(is_int64(span.at("startTimeUnixNano")));
  CHECK(is_int64(span.at("endTimeUnixNano")));
  check_attributes(span.at("attributes"));
  for (const auto& event : span.value("events", json::array())) {
    check_members(event, {"timeUnixNano", "name"}, {"attributes"});
    CHECK(is_int64(event.at("timeUnixNano")));
    check_attributes(event.at("attributes"));
  }
  check_members(span.at("status"), {"code"}, {"message"});
  REQUIRE(span.at("status").at("code").is_number_integer());
  const int code = span.at("status").at("code");
  CHECK((code >= 0 && code <= 2));
  if (code != 2) CHECK_FALSE(span.at("status").contains("message"));
}

std::int64_t start_of(const json& span) {
  return std::stoll(span.at("startTimeUnixNano").get<std::string>());
}
std::int64_t end_of(const json& span) {
  return std::stoll(span.at("endTimeUnixNano").get<std::string>());
}

/// Checks that the ids are unique, that there is one root, that each parent exists, and that each
/// span lies within its parent.
void check_tree(const json& spans) {
  std::map<std::string, const json*> by_id;
  for (const auto& span : spans)
    CHECK(by_id.emplace(span.at("spanId").get<std::string>(), &span).second);
  int roots = 0;
  for (const auto& span : spans) {
    CAPTURE(span.dump());
    CHECK(span.at("traceId") == spans[0].at("traceId"));
    CHECK(start_of(span) <= end_of(span));
    if (!span.contains("parentSpanId")) {
      ++roots;
      continue;
    }
    const auto parent = by_id.find(span.at("parentSpanId").get<std::string>());
    REQUIRE(parent != by_id.end());
    CHECK(start_of(*parent->second) <= start_of(span));
    CHECK(end_of(span) <= end_of(*parent->second));
  }
  CHECK(roots == 1);
}

/// Returns the spans of an export, after checking it.
json checked_spans(const std::string& text) {
  const auto document = json::parse(text);
  check_members(document, {"resourceSpans"}, {});
  REQUIRE(document.at("resourceSpans").size() == 1);
  const auto& resource = document.at("resourceSpans")[0];
  check_members(resource, {"resource", "scopeSpans", "schemaUrl"}, {});
  check_members(resource.at("resource"), {"attributes"}, {});
  check_attributes(resource.at("resource").at("attributes"));
  REQUIRE(resource.at("scopeSpans").size() == 1);
  const auto& scope = resource.at("scopeSpans")[0];
  check_members(scope, {"scope", "spans"}, {});
  check_members(scope.at("scope"), {"name"}, {"version"});
  for (const auto& span : scope.at("spans")) check_span(span);
  check_tree(scope.at("spans"));
  return scope.at("spans");
}

/// Returns the value of an attribute; null if it is absent.
json attribute(const json& holder, const std::string& key) {
  for (const auto& each : holder.at("attributes")) {
    if (each.at("key") == key) return each.at("value").front();
  }
  return nullptr;
}

json span_named(const json& spans, const std::string& name) {
  const auto found =
      std::ranges::find_if(spans, [&](const json& span) { return span.at("name") == name; });
  REQUIRE_MESSAGE(found != spans.end(), name);
  return *found;
}

std::string parent_of(const json& spans, const json& span) {
  for (const auto& each : spans) {
    if (span.contains("parentSpanId") && each.at("spanId") == span.at("parentSpanId"))
      return each.at("name");
  }
  return "";
}

StepRecord step_of(const std::string& name, StepOutcome outcome, std::int64_t start,
                   std::int64_t took) {
  StepRecord step;
  step.name = name;
  step.what = "do " + name;
  step.outcome = outcome;
  step.why = "because";
  step.start_us = start;
  step.took_us = took;
  return step;
}

AttemptRecord request_of(const std::string& at, int status) {
  return {.endpoint = "IMDS",
          .request = "GET /metadata/instance?api-version=2025-04-07&sig=s3cret",
          .at = at,
          .took_us = 20'000,
          .status = status,
          .outcome = status == 200 ? "ok" : "refused"};
}

/// A boot whose stage main made a user, asked IMDS twice and failed in a later step.
std::vector<StageRecord> usual_stages() {
  auto local = stage_record(Stage::kLocal, StageOutcome::kReady);
  local.since_boot_us = 2'000'000;
  local.took_us = 50'000;
  local.steps = {step_of("media", StepOutcome::kDone, 1'000, 40'000)};
  auto main = stage_record(Stage::kMain, StageOutcome::kFailed);
  main.started = "2026-01-02T03:04:06.500000+00:00";
  main.agent = "azl-provision/0.1.0";
  main.vm_id = kVm;
  main.hostname = "web-1";
  main.since_boot_us = 3'500'000;
  main.took_us = 900'000;
  main.exit_status = 1;
  auto imds = step_of("imds", StepOutcome::kDone, 100'000, 200'000);
  auto user = step_of("user", StepOutcome::kFailed, 400'000, 300'000);
  user.tools = {{.program = "/usr/sbin/groupadd", .wall_us = 50'000},
                {.program = "useradd", .wall_us = 900'000, .ok = false}};
  main.steps = {imds, user, step_of("kvp", StepOutcome::kSkipped, 700'000, 0)};
  main.attempts = {request_of("2026-01-02T03:04:06.610000+00:00", 0),
                   request_of("2026-01-02T03:04:06.700000+00:00", 200),
                   request_of("2026-01-02T03:04:07.399000+00:00", 503)};
  auto& finding = main.findings.emplace_back();
  finding.severity = Severity::kFatal;
  finding.step = "user";
  finding.reason = "user";
  finding.chain = {"making ann", "useradd exited with status 1"};
  return {local, main};
}

std::string exported(std::vector<StageRecord> stages, const std::string& boot = "now") {
  const auto inputs = inputs_with({boot_of(boot, std::move(stages))});
  return to_otlp(inputs, {.boot = &inputs.boots[0]});
}

}  // namespace

TEST_CASE("a boot is one trace of stages, steps, programs and requests") {
  const auto text = exported(usual_stages());
  const auto spans = checked_spans(text);
  std::vector<std::pair<std::string, std::string>> tree;
  for (const auto& span : spans) tree.emplace_back(span.at("name"), parent_of(spans, span));
  CHECK((tree ==
         std::vector<std::pair<std::string, std::string>>{{"boot", ""},
                                                          {"local", "boot"},
                                                          {"media", "local"},
                                                          {"main", "boot"},
                                                          {"imds", "main"},
                                                          {"user", "main"},
                                                          {"groupadd", "user"},
                                                          {"useradd", "user"},
                                                          {"kvp", "main"},
                                                          {"GET /metadata/instance", "imds"},
                                                          {"GET /metadata/instance", "imds"},
                                                          {"GET /metadata/instance", "main"}}));
}

TEST_CASE("the resource is the agent and the VM") {
  const auto resource = json::parse(exported(usual_stages())).at("resourceSpans")[0].at("resource");
  const std::pair<const char*, const char*> rows[] = {{"service.name", "azl-provision"},
                                                      {"service.version", "0.1.0"},
                                                      {"host.id", kVm},
                                                      {"host.name", "web-1"},
                                                      {"cloud.provider", "azure"},
                                                      {"cloud.platform", "azure_vm"},
                                                      {"os.type", "linux"}};
  CHECK(resource.at("attributes").size() == std::size(rows));
  for (const auto& [key, value] : rows) CHECK(attribute(resource, key) == value);
}

TEST_CASE("times are those of the machine's boot and the records") {
  const auto spans = checked_spans(exported(usual_stages()));
  constexpr std::int64_t kBooted = 1'767'323'043'000'000'000;  // 2026-01-02 03:04:03 UTC
  struct Row {
    const char* name;
    std::int64_t start_ms;
    std::int64_t end_ms;
  };
  const Row rows[] = {{"boot", 0, 4400},        {"local", 2000, 2050},  {"media", 2001, 2041},
                      {"main", 3500, 4400},     {"imds", 3600, 3800},   {"user", 3900, 4200},
                      {"groupadd", 3900, 3950}, {"useradd", 3950, 4200}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const auto span = span_named(spans, row.name);
    CHECK(start_of(span) - kBooted == row.start_ms * 1'000'000);
    CHECK(end_of(span) - kBooted == row.end_ms * 1'000'000);
  }
  const auto request = span_named(spans, "GET /metadata/instance");
  CHECK(start_of(request) - kBooted == 3'610'000'000);
  CHECK(end_of(request) - kBooted == 3'630'000'000);
}

TEST_CASE("status, kind and attributes follow the semantic conventions") {
  const auto spans = checked_spans(exported(usual_stages()));
  const auto user = span_named(spans, "user");
  CHECK(user.at("status") == json{{"code", 2}, {"message", "because"}});
  CHECK(attribute(user, "error.type") == "user");
  REQUIRE(user.at("events").size() == 1);
  CHECK(attribute(user.at("events")[0], "azl_provision.message") ==
        "making ann: useradd exited with status 1");
  CHECK(span_named(spans, "imds").at("status") == json{{"code", 1}});
  CHECK(span_named(spans, "kvp").at("status") == json{{"code", 0}});
  const json fatal = {{"code", 2}, {"message", "making ann: useradd exited with status 1"}};
  CHECK(span_named(spans, "main").at("status") == fatal);
  CHECK(attribute(span_named(spans, "main"), "process.exit.code") == "1");
  CHECK(attribute(span_named(spans, "main"), "error.type") == "user");
  CHECK(span_named(spans, "boot").at("status") == fatal);
  CHECK(attribute(span_named(spans, "useradd"), "process.executable.name") == "useradd");
  CHECK(attribute(span_named(spans, "useradd"), "azl_provision.start_estimated") == true);
  CHECK(span_named(spans, "useradd").at("status").at("code") == 2);
  CHECK(span_named(spans, "groupadd").at("status").at("code") == 0);

  std::vector<json> requests;
  for (const auto& span : spans) {
    if (span.at("kind") == 3) requests.push_back(span);
  }
  REQUIRE(requests.size() == 3);
  for (const auto& request : requests) {
    CHECK(attribute(request, "http.request.method") == "GET");
    CHECK(attribute(request, "url.path") == "/metadata/instance");
    CHECK(attribute(request, "peer.service") == "IMDS");
  }
  CHECK(attribute(requests[0], "http.response.status_code") == nullptr);
  CHECK(attribute(requests[0], "error.type") == "_OTHER");
  CHECK(attribute(requests[0], "http.request.resend_count") == nullptr);
  CHECK(attribute(requests[1], "http.response.status_code") == "200");
  CHECK(attribute(requests[1], "error.type") == nullptr);
  CHECK(attribute(requests[1], "http.request.resend_count") == "1");
  CHECK(requests[1].at("status") == json{{"code", 0}});
  CHECK(attribute(requests[2], "error.type") == "503");
  CHECK(requests[2].at("status") == json{{"code", 2}, {"message", "refused"}});
}

TEST_CASE("an export has the same ids again, and another boot or VM has others") {
  const auto id = [](const std::string& text) {
    return checked_spans(text)[0].at("traceId").get<std::string>();
  };
  const auto once = exported(usual_stages());
  CHECK(exported(usual_stages()) == once);
  CHECK(id(exported(usual_stages(), "b2")) != id(once));
  auto other = usual_stages();
  other[1].vm_id = kOtherVm;
  CHECK(id(exported(other)) != id(once));
  // The ids of spans stay when a stage is added, wherever it stands.
  auto more = usual_stages();
  more.insert(more.begin() + 1, stage_record(Stage::kDisks, StageOutcome::kReady));
  const auto ids_of = [](const json& spans) {
    Words ids;
    for (const auto& span : spans) ids.insert(span.at("spanId").get<std::string>());
    return ids;
  };
  const auto before = ids_of(checked_spans(once));
  const auto after = ids_of(checked_spans(exported(more)));
  CHECK(after.size() == before.size() + 1);
  CHECK(std::ranges::includes(after, before));
}

TEST_CASE("children lie within their parents whatever the records say") {
  struct Row {
    const char* what;
    void (*change)(std::vector<StageRecord>&);
  };
  const Row rows[] = {
      {"a running stage",
       [](auto& stages) {
         stages[1].outcome = StageOutcome::kRunning;
         stages[1].took_us = 0;
       }},
      {"a step that is longer than its stage", [](auto& stages) { stages[1].took_us = 1; }},
      {"a request before its stage",
       [](auto& stages) { stages[1].attempts[0].at = "2001-01-01T00:00:00+00:00"; }},
      {"a request long after it",
       [](auto& stages) { stages[1].attempts[0].at = "2101-01-01T00:00:00+00:00"; }},
      {"a request at no time", [](auto& stages) { stages[1].attempts[0].at = "noon"; }},
      {"a stage at no time", [](auto& stages) { stages[1].started = ""; }},
      {"no stage at a time", [](auto& stages) { stages[0].started = stages[1].started = "x"; }},
      {"a tree", [](auto& stages) { stages[0].since_boot_us = stages[1].since_boot_us = 0; }},
      {"a clock that was set back",
       [](auto& stages) { stages[1].started = "2025-01-02T03:04:06.500000+00:00"; }},
      {"the last year", [](auto& stages) { stages[1].started = "9999-12-31T23:59:59+00:00"; }},
      {"negative times",
       [](auto& stages) {
         stages[1].took_us = -1;
         stages[1].steps[0].start_us = -5'000'000;
         stages[1].steps[1].took_us = -1;
         stages[1].steps[1].tools[0].wall_us = -1;
         stages[1].attempts[1].took_us = -1;
       }},
      {"huge times",
       [](auto& stages) {
         constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
         stages[0].since_boot_us = kMost;
         stages[1].took_us = kMost;
         stages[1].steps[0].start_us = kMost;
         stages[1].steps[1].took_us = kMost;
         stages[1].steps[1].tools[0].wall_us = kMost;
         stages[1].attempts[1].took_us = kMost;
       }},
      {"empty names",
       [](auto& stages) {
         stages[1].steps[0].name = "";
         stages[1].steps[1].tools[0].program = "";
         stages[1].attempts[0].request = "";
       }},
      {"the same stage twice", [](auto& stages) { stages.push_back(stages[1]); }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto stages = usual_stages();
    row.change(stages);
    CHECK(checked_spans(exported(stages)).size() >= 12);
  }
}

TEST_CASE("without a boot there is no span") {
  const auto inputs = inputs_with({});
  CHECK(json::parse(to_otlp(inputs, {})) == json{{"resourceSpans", json::array()}});
  const auto empty = inputs_with({boot_of("now", {})});
  CHECK(json::parse(to_otlp(empty, {.boot = &empty.boots[0]})) ==
        json{{"resourceSpans", json::array()}});
}

TEST_CASE("no text of an export has a secret or a control character") {
  auto stages = usual_stages();
  auto& main = stages[1];
  const std::string secret = "password=hunter2";
  main.course_why = main.hostname = secret;
  main.steps[0].what = main.steps[0].why = main.steps[1].why = secret;
  main.steps[0].name = secret;
  main.steps[1].tools[0].program = secret;
  main.attempts[0].outcome = main.attempts[0].endpoint = secret;
  main.attempts[1].request = "GET /x/" + secret + "?" + secret;
  main.findings[0].chain = {secret, "\x1b[2J\xff\xC2\x9B"};
  main.findings[0].advice = main.findings[0].device = secret;
  const auto text = exported(stages);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find("s3cret") == std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("\xC2\x9B") == std::string::npos);
  (void)checked_spans(text);
}
