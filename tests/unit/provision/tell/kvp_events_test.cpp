#include "provision/tell/kvp_events.h"

#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace azl::provision;
using azl::WallTime;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const WallTime kBooted{1'767'323'045s};  // 2026-01-02 03:04:05 UTC

StageRecord main_with(std::vector<StepRecord> steps) {
  StageRecord stage;
  stage.boot_id = "b";
  stage.vm_id = "v";
  stage.began_us = 10'000'000;
  stage.steps = std::move(steps);
  return stage;
}

StepRecord step(const std::string& name, StepOutcome outcome, const std::string& why = "") {
  return {.name = name, .what = "do " + name, .outcome = outcome, .why = why, .tools = {}};
}

/// Returns the events of stages as JSON, in order.
std::vector<json> events_of(const std::vector<StageRecord>& stages) {
  std::vector<json> events;
  for (const auto& records : describe_events(stages, kBooted)) {
    REQUIRE(records.size() == 1);
    events.push_back(json::parse(records[0].value));
  }
  return events;
}

}  // namespace

TEST_CASE("a step is an event for its start and one for its end") {
  auto user = step("user", StepOutcome::kDone, "made ann");
  user.start_us = 1'500'000;
  user.took_us = 250'000;
  const auto events = events_of({main_with({user})});
  REQUIRE(events.size() == 2);
  CHECK(events[0] == json{{"name", "azl-provision/main/user"},
                          {"type", "start"},
                          {"ts", "2026-01-02T03:04:16.500000Z"},
                          {"msg", "do user"}});
  CHECK(events[1] == json{{"name", "azl-provision/main/user"},
                          {"type", "finish"},
                          {"ts", "2026-01-02T03:04:16.750000Z"},
                          {"result", "SUCCESS"},
                          {"msg", "done: made ann"}});
}

TEST_CASE("the result of a step follows from its outcome and its findings") {
  auto stage = main_with({step("a", StepOutcome::kDone), step("b", StepOutcome::kUnchanged),
                          step("c", StepOutcome::kSkipped, "not needed"),
                          step("d", StepOutcome::kFailed, "so"), step("e", StepOutcome::kFailed),
                          step("f", StepOutcome::kInterrupted)});
  for (const auto& [severity, name] :
       {std::pair(Severity::kFatal, "d"), std::pair(Severity::kDegraded, "e"),
        std::pair(Severity::kFatal, "elsewhere")}) {
    auto& finding = stage.findings.emplace_back();
    finding.severity = severity;
    finding.step = name;
  }
  std::vector<std::string> ends;
  for (const auto& event : events_of({stage})) {
    if (event.at("type") == "finish")
      ends.push_back(event.at("result").get<std::string>() + " " +
                     event.at("msg").get<std::string>());
  }
  CHECK((ends == std::vector<std::string>{"SUCCESS done", "SUCCESS unchanged",
                                          "SUCCESS skipped: not needed", "FAIL failed: so",
                                          "WARN failed", "WARN interrupted"}));
}

TEST_CASE("a step that still runs is no event, and the stages follow each other") {
  auto local = main_with({step("media", StepOutcome::kDone)});
  local.stage = Stage::kLocal;
  const auto events = events_of(
      {local, main_with({step("kvp", StepOutcome::kRunning), step("user", StepOutcome::kDone)})});
  REQUIRE(events.size() == 4);
  CHECK(events[0].at("name") == "azl-provision/local/media");
  CHECK(events[2].at("name") == "azl-provision/main/user");
}

TEST_CASE("an event has the same key when it is written again, and no other event has it") {
  const std::vector<StageRecord> stages = {
      main_with({step("a", StepOutcome::kDone), step("a", StepOutcome::kDone)})};
  std::set<std::string> keys;
  for (const auto& records : describe_events(stages, kBooted)) keys.insert(records[0].key);
  CHECK(keys.size() == 4);
  for (const auto& records : describe_events(stages, kBooted)) CHECK(keys.contains(records[0].key));
  // CLOUD_INIT|1767323045|start|azl-provision/main/a|xxxxxxxx-xxxx-8xxx-[89ab]xxx-xxxxxxxxxxxx
  for (const auto& key : keys) {
    const auto id = key.substr(key.rfind('|') + 1);
    CAPTURE(id);
    REQUIRE(id.size() == 36);
    CHECK(id[14] == '8');
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);
    for (const int dash : {8, 13, 18, 23}) CHECK(id[static_cast<std::size_t>(dash)] == '-');
  }
}

TEST_CASE("the times of a record may be any numbers") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  auto late = step("late", StepOutcome::kDone);
  late.start_us = late.took_us = kMost;
  auto early = step("early", StepOutcome::kDone);
  early.start_us = early.took_us = -kMost;
  auto stage = main_with({late, early});
  stage.began_us = kMost;
  const auto events = events_of({stage});
  REQUIRE(events.size() == 4);
  CHECK(events[1].at("ts").get<std::string>().starts_with("2056-"));
  CHECK(events[3].at("ts") == events[2].at("ts"));
}

TEST_CASE("secrets are removed from messages") {
  const auto events = events_of(
      {main_with({step("x", StepOutcome::kFailed, "chpasswd said password=hunter2 no")})});
  REQUIRE(events.size() == 2);
  CHECK(events[1].at("msg").get<std::string>().find("hunter2") == std::string::npos);
  CHECK(events[1].at("msg").get<std::string>().starts_with("failed: chpasswd said password="));
}
