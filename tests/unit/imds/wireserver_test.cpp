#include "imds/wireserver.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/loopback_server.h"
#include "tests/unit/imds/scripted_http.h"

namespace azl::imds {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::answer;
using test::FakeClock;
using test::no_answer;
using test::Scene;
using test::ScriptedHttp;
using Strings = std::vector<std::string>;

std::string goal_state(const std::string& incarnation) {
  return "<?xml version=\"1.0\"?><GoalState><Incarnation>" + incarnation +
         "</Incarnation><Container><ContainerId>c-1</ContainerId><RoleInstanceList><RoleInstance>"
         "<InstanceId>i-1</InstanceId></RoleInstance></RoleInstanceList></Container></GoalState>";
}

Scene refused_connection() {
  return no_answer(Reason::kImdsConnect, "could not connect", ECONNREFUSED);
}

constexpr const char* kJson = "POST /provisioning/health";
constexpr const char* kGoal = "GET /machine/?comp=goalstate";
constexpr const char* kXml = "POST /machine/?comp=health";

/// Calls report_health with a script.
struct Run {
  Run(std::vector<Scene> scenes, HealthProtocol protocol = HealthProtocol::kAuto,
      Duration patience = seconds(15), Health health = Health::kReady)
      : http(clock, std::move(scenes)),
        told(report_health(http, kWireServerUrl, protocol, health, "what went wrong", clock,
                           Deadline(clock, patience), log)) {}

  [[nodiscard]] Strings asked() const {
    Strings result;
    for (const Attempt& attempt : log) result.push_back(attempt.request);
    return result;
  }
  /// Returns a header of the nth request; empty if it is absent.
  [[nodiscard]] std::string header(std::size_t number, const std::string& name) const {
    for (const auto& [key, value] : http.requests().at(number).headers) {
      if (key == name) return value;
    }
    return "";
  }

  FakeClock clock;
  ScriptedHttp http;
  AttemptLog log;
  Result<Told> told;
};

TEST_CASE("ready is reported with one JSON request") {
  const Run run({answer(200)});
  REQUIRE(run.told);
  CHECK(run.told->health == Health::kReady);
  CHECK(run.told->protocol == HealthProtocol::kJson);
  CHECK(run.told->at == FakeClock().wall() + milliseconds(10));
  CHECK(run.asked() == Strings{kJson});
  CHECK(run.log[0].endpoint == "WireServer");
  CHECK(run.clock.sleeps().empty());

  const HttpRequest& request = run.http.requests()[0];
  CHECK(request.method == "POST");
  CHECK(request.url == "http://168.63.129.16/provisioning/health");
  CHECK(request.headers.size() == 2);
  CHECK(run.header(0, "x-ms-guest-agent-name") == "azl-provision v" AZL_VERSION);
  CHECK(run.header(0, "Content-Type") == "application/json");
  CHECK(request.body == health_json(Health::kReady, ""));
  CHECK(!request.mark);
}

TEST_CASE("a failure is reported with its description") {
  const Run run({answer(201)}, HealthProtocol::kAuto, seconds(15), Health::kProvisioningFailed);
  REQUIRE(run.told);
  CHECK(run.told->health == Health::kProvisioningFailed);
  CHECK(run.http.requests()[0].body == health_json(Health::kProvisioningFailed, "what went wrong"));
}

TEST_CASE("a host without the JSON protocol gets the XML report at once") {
  const Run run({answer(404), answer(200, goal_state("7")), answer(200)});
  REQUIRE(run.told);
  CHECK(run.told->protocol == HealthProtocol::kXml);
  CHECK(run.asked() == Strings{kJson, kGoal, kXml});
  CHECK(run.clock.sleeps().empty());

  CHECK(run.http.requests()[1].method == "GET");
  CHECK(run.header(1, "x-ms-agent-name") == "azl-provision");
  CHECK(run.header(1, "x-ms-version") == "2012-11-30");
  CHECK(run.header(1, "Content-Type").empty());
  CHECK(run.header(2, "x-ms-agent-name") == "azl-provision");
  CHECK(run.header(2, "x-ms-version") == "2012-11-30");
  CHECK(run.header(2, "Content-Type") == "text/xml;charset=utf-8");
  CHECK(run.http.requests()[2].body ==
        health_xml({.incarnation = "7", .container_id = "c-1", .instance_id = "i-1"},
                   Health::kReady, ""));
}

TEST_CASE("an HTTP status of the WireServer means accepted, try again or refused") {
  constexpr WireMeaning kAccepted = WireMeaning::kAccepted;
  constexpr WireMeaning kTryAgain = WireMeaning::kTryAgain;
  constexpr WireMeaning kRefused = WireMeaning::kRefused;
  struct Row {
    int status;
    WireMeaning json;
    WireMeaning goal_state;
    WireMeaning xml;
  };
  for (const Row row : {
           Row{200, kAccepted, kAccepted, kAccepted},
           Row{201, kAccepted, kAccepted, kAccepted},
           Row{302, kRefused, kRefused, kRefused},
           Row{400, kRefused, kRefused, kRefused},
           Row{401, kRefused, kRefused, kRefused},
           Row{403, kRefused, kTryAgain, kTryAgain},
           Row{404, kRefused, kTryAgain, kTryAgain},
           Row{405, kRefused, kRefused, kRefused},
           Row{408, kTryAgain, kTryAgain, kTryAgain},
           Row{410, kRefused, kTryAgain, kTryAgain},
           Row{415, kRefused, kRefused, kRefused},
           Row{429, kTryAgain, kTryAgain, kTryAgain},
           Row{500, kTryAgain, kTryAgain, kTryAgain},
           Row{502, kTryAgain, kTryAgain, kTryAgain},
           Row{503, kTryAgain, kTryAgain, kTryAgain},
           Row{504, kTryAgain, kTryAgain, kTryAgain},
       }) {
    CAPTURE(row.status);
    CHECK(meaning_of(WireQuestion::kJsonHealth, row.status) == row.json);
    CHECK(meaning_of(WireQuestion::kGoalState, row.status) == row.goal_state);
    CHECK(meaning_of(WireQuestion::kXmlHealth, row.status) == row.xml);
  }
}

TEST_CASE("a report starts with the configured protocol") {
  CHECK(first_protocol(HealthProtocol::kAuto).protocol == HealthProtocol::kJson);
  CHECK(!first_protocol(HealthProtocol::kAuto).other_refused);
  CHECK(first_protocol(HealthProtocol::kJson).protocol == HealthProtocol::kJson);
  CHECK(first_protocol(HealthProtocol::kJson).other_refused);
  CHECK(first_protocol(HealthProtocol::kXml).protocol == HealthProtocol::kXml);
  CHECK(first_protocol(HealthProtocol::kXml).other_refused);
}

TEST_CASE("the protocol of the next try depends on the failure") {
  constexpr HealthProtocol kJ = HealthProtocol::kJson;
  constexpr HealthProtocol kX = HealthProtocol::kXml;
  struct Row {
    std::string name;
    ProtocolState state;
    WireFailure failure;
    std::optional<ProtocolState> next;
  };
  for (const Row& row : {
           Row{"a first temporary failure",
               {kJ, 0, false},
               WireFailure::kTemporary,
               {{kJ, 1, false}}},
           Row{"a second temporary failure",
               {kJ, 1, false},
               WireFailure::kTemporary,
               {{kX, 0, false}}},
           Row{"a temporary failure of XML too",
               {kX, 1, false},
               WireFailure::kTemporary,
               {{kJ, 0, false}}},
           Row{"a second temporary failure, the other protocol refused",
               {kX, 1, true},
               WireFailure::kTemporary,
               {{kX, 2, true}}},
           Row{"a refused connection",
               {kJ, 0, false},
               WireFailure::kNoConnection,
               {{kX, 0, false}}},
           Row{"a refused connection, the other protocol refused",
               {kX, 0, true},
               WireFailure::kNoConnection,
               {{kX, 1, true}}},
           Row{"a refusal", {kJ, 0, false}, WireFailure::kRefused, {{kX, 0, true}}},
           Row{"a refusal of XML", {kX, 1, false}, WireFailure::kRefused, {{kJ, 0, true}}},
           Row{"both protocols refused", {kX, 0, true}, WireFailure::kRefused, {}},
       }) {
    CAPTURE(row.name);
    const auto next = after_failure(row.state, row.failure);
    REQUIRE(next.has_value() == row.next.has_value());
    if (!next) continue;
    CHECK(next->protocol == row.next->protocol);
    CHECK(next->temporary_failures == row.next->temporary_failures);
    CHECK(next->other_refused == row.next->other_refused);
  }
}

TEST_CASE("a temporary failure is retried, and the second one changes to XML") {
  SUBCASE("the failure goes away") {
    const Run run({answer(503), answer(200)});
    REQUIRE(run.told);
    CHECK(run.asked() == Strings{kJson, kJson});
    CHECK(run.clock.sleeps().size() == 1);
  }
  SUBCASE("the failure stays") {
    const Run run({answer(429), answer(500), answer(200, goal_state("1")), answer(200)});
    REQUIRE(run.told);
    CHECK(run.told->protocol == HealthProtocol::kXml);
    CHECK(run.asked() == Strings{kJson, kJson, kGoal, kXml});
    CHECK(run.clock.sleeps().size() == 2);
  }
  SUBCASE("a JSON endpoint that hangs") {
    const Scene hang = no_answer(Reason::kImdsReadTimeout, "no answer within 5 s", 0, seconds(5));
    const Run run({hang, hang, answer(200, goal_state("1")), answer(200)});
    REQUIRE(run.told);
    CHECK(run.told->protocol == HealthProtocol::kXml);
  }
}

TEST_CASE("a refused connection changes to XML after a wait") {
  const Run run({refused_connection(), answer(200, goal_state("1")), answer(200)});
  REQUIRE(run.told);
  CHECK(run.asked() == Strings{kJson, kGoal, kXml});
  CHECK(run.clock.sleeps().size() == 1);
}

TEST_CASE("JSON is tried again if XML is refused and JSON was not") {
  const Run run({answer(503), answer(503), answer(400), answer(200)});
  REQUIRE(run.told);
  CHECK(run.told->protocol == HealthProtocol::kJson);
  CHECK(run.asked() == Strings{kJson, kJson, kGoal, kJson});
}

TEST_CASE("a goal state that has changed is fetched again") {
  const Run run({answer(404), answer(200, goal_state("1")), answer(410),
                 answer(200, goal_state("2")), answer(200)});
  REQUIRE(run.told);
  CHECK(run.asked() == Strings{kJson, kGoal, kXml, kGoal, kXml});
  CHECK(run.http.requests()[4].body.find("<GoalStateIncarnation>2<") != std::string::npos);
}

TEST_CASE("endless 410s are retried with pauses and end before the deadline") {
  std::vector<Scene> scenes;
  for (int i = 0; i < 1000; ++i) {
    scenes.push_back(answer(200, goal_state("1")));
    scenes.push_back(answer(410));
  }
  const Run run(scenes, HealthProtocol::kXml, seconds(15));
  REQUIRE(!run.told);
  CHECK(run.told.error().reason() == Reason::kNotReported);
  CHECK(run.http.requests().size() < 20);
  CHECK(run.clock.passed() <= seconds(15));
}

TEST_CASE("a malformed goal state is fetched again") {
  const Run run({answer(200, "<html>busy</html>"), answer(200, goal_state("1")), answer(200)},
                HealthProtocol::kXml);
  REQUIRE(run.told);
  CHECK(run.asked() == Strings{kGoal, kGoal, kXml});
  CHECK(run.log[0].status == 200);
  CHECK(run.log[0].outcome != "ok");
}

TEST_CASE("only the configured protocol is used") {
  SUBCASE("JSON only, refused") {
    const Run run({answer(404)}, HealthProtocol::kJson);
    REQUIRE(!run.told);
    CHECK(run.asked() == Strings{kJson});
    CHECK(run.told.error().reason() == Reason::kWireServer);
  }
  SUBCASE("JSON only, temporary failure") {
    const Run run({answer(503), answer(503), answer(503), answer(200)}, HealthProtocol::kJson);
    REQUIRE(run.told);
    CHECK(run.asked() == Strings{kJson, kJson, kJson, kJson});
  }
  SUBCASE("XML only") {
    const Run run({answer(200, goal_state("1")), answer(200)}, HealthProtocol::kXml);
    REQUIRE(run.told);
    CHECK(run.told->protocol == HealthProtocol::kXml);
    CHECK(run.asked() == Strings{kGoal, kXml});
  }
}

TEST_CASE("a refusal of both protocols is an error with the last answer") {
  const Run run({answer(404), answer(200, goal_state("1")), answer(400)});
  REQUIRE(!run.told);
  CHECK(run.told.error().reason() == Reason::kWireServer);
  CHECK(run.told.error().known_cause() == Cause::kWireServerRefused);
  CHECK(run.told.error().http_status() == 400);
  CHECK(run.told.error().to_string() ==
        "reporting to the WireServer, 2 tries in 30 ms: POST /machine/?comp=health: the WireServer "
        "answers 400 Bad Request");
  CHECK(run.clock.sleeps().empty());
}

TEST_CASE("a report that misses the deadline keeps the last cause") {
  SUBCASE("the last cause is an answer") {
    const Run run({answer(503)}, HealthProtocol::kJson);
    REQUIRE(!run.told);
    CHECK(run.told.error().reason() == Reason::kNotReported);
    CHECK(run.told.error().known_cause() == Cause::kWireServerBusy);
    CHECK(run.told.error().http_status() == 503);
    CHECK(run.told.error().cause().find("503 Service Unavailable") != std::string::npos);
  }
  SUBCASE("the last cause is a missing answer") {
    const Run run({refused_connection()});
    REQUIRE(!run.told);
    CHECK(run.told.error().reason() == Reason::kNotReported);
    CHECK(run.told.error().cause() == "could not connect: Connection refused");
    CHECK_FALSE(run.told.error().known_cause());
    CHECK(run.clock.passed() <= seconds(15));
  }
  SUBCASE("a refusal that came too late for the other protocol") {
    Scene late = answer(404);
    late.takes = seconds(20);
    const Run run({late});
    REQUIRE(!run.told);
    CHECK(run.told.error().reason() == Reason::kNotReported);
    CHECK(run.asked() == Strings{kJson});
  }
}

TEST_CASE("Retry-After is used only if it ends before the deadline") {
  SUBCASE("before the deadline") {
    const Run run({answer(429, "", seconds(3)), answer(200)});
    REQUIRE(run.told);
    REQUIRE(run.clock.sleeps().size() == 1);
    CHECK(run.clock.sleeps()[0] >= seconds(3));
    CHECK(run.clock.sleeps()[0] < seconds(4));
  }
  SUBCASE("after the deadline") {
    const Run run({answer(503, "", seconds(60)), answer(200)});
    REQUIRE(run.told);
    CHECK(run.clock.passed() < seconds(5));
  }
}

TEST_CASE("an error that a retry cannot cure ends the report at once") {
  const Run run({no_answer(Reason::kToolMissing, "no libcurl"), answer(200)});
  REQUIRE(!run.told);
  CHECK(run.told.error().reason() == Reason::kToolMissing);
  CHECK(run.http.requests().size() == 1);
}

TEST_CASE("ready is reported over a real socket") {
  const test::LoopbackServer server(
      test::LoopbackServer::answering("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"));
  SystemClock clock;
  AttemptLog log;
  const auto http = make_curl_client();
  const auto told = report_health(*http, server.url(), HealthProtocol::kAuto, Health::kReady, "",
                                  clock, Deadline(clock, seconds(30)), log);
  REQUIRE(told);
  CHECK(told->protocol == HealthProtocol::kJson);
  CHECK(server.connections() == 1);
}

}  // namespace
}  // namespace azl::imds
