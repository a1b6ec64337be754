#include "imds/kvp_event.h"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/imds/repeated.h"

using namespace azl::imds;
using azl::test::repeated;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const azl::WallTime kBooted{1'767'323'045s};  // 2026-01-02 03:04:05 UTC
constexpr auto kId = "01234567-89ab-8def-8123-456789abcdef";

KvpEvent event_with(const std::string& message) {
  return {.type = "finish",
          .name = "azl-provision/main/user",
          .id = kId,
          .at = kBooted + 1s + 250ms,
          .result = "SUCCESS",
          .message = message};
}

/// Returns the message that a reader puts together, after checking each part.
std::string joined(const KvpEventRecords& records) {
  std::string message;
  for (std::size_t i = 0; i < records.size(); ++i) {
    CAPTURE(i);
    CHECK(records[i].value.size() <= 1023);
    CHECK(records[i].key.ends_with("|" + std::to_string(i)));
    const auto value = json::parse(records[i].value);
    CHECK(value.at("msg_i") == i);
    CHECK(value.at("ts") == "2026-01-02T03:04:06.250000Z");
    message += value.at("msg").get<std::string>();
  }
  return message;
}

}  // namespace

TEST_CASE("an event has the key and the value of cloud-init's") {
  const auto records =
      event_records(event_with("done: the user \"ann\" was made"), kBooted + 999ms);
  REQUIRE(records.size() == 1);
  CHECK(
      records[0].key ==
      "CLOUD_INIT|1767323045|finish|azl-provision/main/user|01234567-89ab-8def-8123-456789abcdef");
  CHECK(records[0].value ==
        R"({"name":"azl-provision/main/user","type":"finish","ts":"2026-01-02T03:04:06.250000Z",)"
        R"("result":"SUCCESS","msg":"done: the user \"ann\" was made"})");
}

TEST_CASE("a start has no result") {
  const auto records = event_records(
      {.type = "start", .name = "azl-provision/x", .id = kId, .at = kBooted, .message = "m"},
      kBooted);
  REQUIRE(records.size() == 1);
  CHECK(
      records[0].value ==
      R"({"name":"azl-provision/x","type":"start","ts":"2026-01-02T03:04:05.000000Z","msg":"m"})");
}

TEST_CASE("a long message is divided into records that are JSON each") {
  struct Row {
    const char* what;
    std::string message;
    std::size_t records;
  };
  const auto frame =
      event_records(event_with(""), kBooted).front().value.size();  // of an undivided event
  const Row rows[] = {
      {"all of the room", std::string(1023 - frame, 'x'), 1},
      {"one byte more", std::string(1024 - frame, 'x'), 2},
      {"escapes", std::string(1500, '"'), 4},
      {"control characters", std::string(800, '\x01'), 6},
      {"characters outside ASCII", repeated("\xE2\x82\xAC", 600), 4},
      {"a character outside the basic plane", repeated("\xF0\x9F\x98\x80", 500), 7},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto records = event_records(event_with(row.message), kBooted);
    CHECK(records.size() == row.records);
    if (records.size() > 1) CHECK(joined(records) == row.message);
  }
}

TEST_CASE("an endless message is cut, and bytes that are not UTF-8 are replaced") {
  CHECK(joined(event_records(event_with(std::string(100'000, 'x')), kBooted)) ==
        std::string(2048, 'x'));
  const auto odd = event_records(event_with("a\xff z"), kBooted);
  REQUIRE(odd.size() == 1);
  CHECK(json::parse(odd[0].value).at("msg") == "a\xEF\xBF\xBD z");
}

TEST_CASE("a name that leaves no room gives no record") {
  auto event = event_with("m");
  event.name = std::string(2000, 'n');
  CHECK(event_records(event, kBooted).empty());
}

TEST_CASE("an event of this agent is known by its key") {
  const std::pair<const char*, bool> rows[] = {
      {"CLOUD_INIT|1|finish|azl-provision/main/user|id", true},
      {"CLOUD_INIT|1|finish|azl-provision/main/user|id|3", true},
      {"CLOUD_INIT|1|finish|init-local|id", false},
      {"CLOUD_INIT|1|finish|azl-provisioner|id", false},
      {"CLOUD_INIT|1|finish|azl-provision/x", false},
      {"OTHER|1|finish|azl-provision/main/user|id", false},
      {"PROVISIONING_REPORT", false},
      {"", false},
  };
  for (const auto& [key, own] : rows) {
    CAPTURE(key);
    CHECK(is_own_event(key) == own);
  }
}
