#include "imds/instance_client.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "imds/api_version.h"
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

const std::string kDocument =
    R"({"compute": {"vmId": "02AAB8A4-74EF-476E-8182-F6D2BA4166A6", "name": "web-1"}, "network": {}})";

/// Calls fetch_instance with a script.
struct Run {
  Run(std::vector<Scene> scenes, Duration patience = std::chrono::minutes(5),
      std::string_view url = kImdsUrl)
      : http(clock, std::move(scenes)),
        answer(fetch_instance(http, url, clock, Deadline(clock, patience), log)) {}

  [[nodiscard]] std::vector<std::string> outcomes() const {
    std::vector<std::string> result;
    for (const Attempt& attempt : log) result.push_back(attempt.outcome);
    return result;
  }
  /// Returns the requested api-versions.
  [[nodiscard]] std::vector<std::string> versions() const {
    std::vector<std::string> result;
    for (const HttpRequest& request : http.requests()) {
      const std::size_t start = request.url.find("api-version=") + 12;
      result.push_back(request.url.substr(start, request.url.find('&') - start));
    }
    return result;
  }

  FakeClock clock;
  ScriptedHttp http;
  AttemptLog log;
  Result<ImdsAnswer> answer;
};

using Strings = std::vector<std::string>;

TEST_CASE("an IMDS that works is asked once") {
  const Run run({answer(200, kDocument)});
  REQUIRE(run.answer);
  CHECK(run.answer->instance.name == "web-1");
  CHECK(run.answer->api_version == "2025-04-07");
  CHECK(run.clock.sleeps().empty());
  CHECK(run.outcomes() == Strings{"ok"});

  REQUIRE(run.http.requests().size() == 1);
  const HttpRequest& request = run.http.requests().front();
  CHECK(request.method == "GET");
  CHECK(request.url ==
        "http://169.254.169.254/metadata/instance?api-version=2025-04-07&extended=true");
  REQUIRE(request.headers.size() == 1);
  CHECK(request.headers[0].first == "Metadata");
  CHECK(request.headers[0].second == "true");
  CHECK(request.connect_timeout == milliseconds(500));
  CHECK(request.timeout == seconds(5));
  CHECK(request.body_limit == kInstanceLimit);
}

TEST_CASE("only a request to IMDS's own address has systemd's mark") {
  struct Row {
    std::string url;
    std::string asked;
    bool marked;
  };
  const std::string target = "/metadata/instance?api-version=2025-04-07&extended=true";
  for (const Row& row :
       {Row{"http://169.254.169.254", "http://169.254.169.254" + target, true},
        Row{"http://169.254.169.254:80/", "http://169.254.169.254:80" + target, true},
        Row{"http://127.0.0.1:8080/", "http://127.0.0.1:8080" + target, false},
        Row{"http://169.254.169.254.example", "http://169.254.169.254.example" + target, false},
        Row{"http://x/169.254.169.254", "http://x/169.254.169.254" + target, false}}) {
    CAPTURE(row.url);
    const Run run({answer(200, kDocument)}, seconds(10), row.url);
    REQUIRE(run.http.requests().size() == 1);
    CHECK(run.http.requests()[0].url == row.asked);
    CHECK(run.http.requests()[0].mark.has_value() == row.marked);
    if (row.marked) CHECK(run.http.requests()[0].mark == 0x7FFF0815U);
  }
}

TEST_CASE("an HTTP status of IMDS means success, try again or a final failure") {
  struct Row {
    std::vector<int> statuses;
    StatusMeaning meaning;
  };
  for (const Row& row : {Row{{200, 204}, StatusMeaning::kOk},
                         Row{{404, 408, 410, 429, 500, 502, 503, 504}, StatusMeaning::kTryAgain},
                         Row{{0, 100, 301, 400, 401, 403, 405, 409, 600}, StatusMeaning::kFinal}}) {
    for (const int status : row.statuses) {
      CAPTURE(status);
      CHECK(meaning_of(status) == row.meaning);
    }
  }
}

TEST_CASE("only the first request to IMDS may use an open connection") {
  const Run run({answer(503), answer(503), answer(200, kDocument)});
  REQUIRE(run.http.requests().size() == 3);
  CHECK_FALSE(run.http.requests()[0].fresh_connection);
  CHECK(run.http.requests()[1].fresh_connection);
  CHECK(run.http.requests()[2].fresh_connection);
}

TEST_CASE("IMDS is asked until it is ready") {
  const Run run({answer(503), answer(404),
                 no_answer(Reason::kImdsConnect, "the connection broke", ECONNRESET),
                 answer(429, "", seconds(2)),
                 no_answer(Reason::kImdsReadTimeout, "no answer within 5 s", 0, seconds(5)),
                 answer(200, kDocument)});
  REQUIRE(run.answer);
  CHECK(run.outcomes() == Strings{"503 Service Unavailable", "404 Not Found",
                                  "the connection broke: Connection reset by peer",
                                  "429 Too Many Requests, Retry-After 2 s", "no answer within 5 s",
                                  "ok"});
  REQUIRE(run.clock.sleeps().size() == 5);
  CHECK(run.clock.sleeps()[0] <= milliseconds(300));  // 250 ms +- 20 %
  CHECK(run.clock.sleeps()[1] <= milliseconds(600));
  CHECK(run.clock.sleeps()[3] >= seconds(2));
  // Later tries have longer time-outs.
  CHECK(run.http.requests()[5].connect_timeout == seconds(5));
  CHECK(run.http.requests()[5].timeout == seconds(30));
}

TEST_CASE("IMDS is asked again after an incomplete document") {
  const Run run({answer(200, ""), answer(200, R"({"compute": {)"), answer(200, "[]"),
                 answer(200, R"({"network": {}})"), answer(200, kDocument)});
  REQUIRE(run.answer);
  REQUIRE(run.log.size() == 5);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(run.log[i].status == 200);
    CHECK(run.log[i].outcome != "ok");
    CHECK(!run.log[i].outcome.empty());
  }
}

TEST_CASE("an answer without network is asked for again for 5 seconds, and is used then") {
  const std::string partial = R"({"compute": {"name": "web-1"}})";
  SUBCASE("the network comes") {
    const Run run({answer(200, partial), answer(200, partial), answer(200, kDocument)});
    REQUIRE(run.answer);
    CHECK_FALSE(run.answer->instance.lost_network());
    CHECK(run.outcomes() == Strings{"body: there is no usable 'network'",
                                    "body: there is no usable 'network'", "ok"});
  }
  SUBCASE("the network does not come") {
    const Run run({answer(200, partial)});
    REQUIRE(run.answer);
    CHECK(run.answer->instance.name == "web-1");
    CHECK(run.answer->instance.lost_network());
    CHECK(run.clock.passed() <= seconds(5));
    CHECK(run.http.requests().size() >= 4);
  }
  SUBCASE("nothing more comes") {
    for (const Scene& scene : {answer(503), answer(405), answer(200, "<html>"),
                               no_answer(Reason::kImdsReadTimeout, "no answer", 0, seconds(1))}) {
      const Run run({answer(200, partial), scene});
      REQUIRE(run.answer);
      CHECK(run.answer->instance.name == "web-1");
      CHECK(run.clock.passed() <= seconds(6));
    }
  }
  SUBCASE("the deadline is earlier") {
    const Run run({answer(200, partial)}, seconds(1));
    REQUIRE(run.answer);
    CHECK(run.clock.passed() <= seconds(1));
  }
}

TEST_CASE("a body that stays malformed is the error") {
  const Run run({answer(200, "<html>")}, seconds(5));
  REQUIRE(!run.answer);
  CHECK(run.answer.error().reason() == Reason::kImdsMalformed);
  CHECK(run.answer.error().chain().front().starts_with("asking IMDS, 5 tries in "));
}

TEST_CASE("a final answer ends the tries at once") {
  for (const int status : {301, 401, 403, 405, 409}) {
    CAPTURE(status);
    const Run run({answer(status), answer(200, kDocument)});
    REQUIRE(!run.answer);
    CHECK(run.answer.error().reason() == Reason::kImdsHttp);
    CHECK(run.answer.error().http_status() == status);
    CHECK(run.http.requests().size() == 1);
    CHECK(run.clock.sleeps().empty());
  }
}

TEST_CASE("the error names the answer and the number of tries") {
  const Run run({answer(405)});
  REQUIRE(!run.answer);
  CHECK(run.answer.error().to_string() ==
        "asking IMDS, 1 try in 10 ms: IMDS answers 405 Method Not Allowed");
}

TEST_CASE("an error that a retry cannot cure ends the tries at once") {
  for (const Reason reason : {Reason::kToolMissing, Reason::kInvalidInput, Reason::kUnexpected}) {
    const Run run({no_answer(reason, "broken"), answer(200, kDocument)});
    REQUIRE(!run.answer);
    CHECK(run.answer.error().reason() == reason);
    CHECK(run.http.requests().size() == 1);
  }
}

TEST_CASE("a Retry-After beyond the deadline is ignored") {
  const Run run({answer(503), answer(503, "", seconds(600)), answer(200, kDocument)}, seconds(300));
  REQUIRE(run.answer);
  CHECK(run.http.requests().size() == 3);
  CHECK(run.clock.passed() < seconds(5));
}

TEST_CASE("the error names a Retry-After beyond the deadline") {
  const Run run({answer(503, "", seconds(600))}, seconds(20));
  REQUIRE(!run.answer);
  CHECK(run.answer.error().http_status() == 503);
  CHECK(run.answer.error().cause() == "IMDS answers 503 Service Unavailable, Retry-After 600 s");
  CHECK(run.clock.passed() <= seconds(20));
}

TEST_CASE("tries to an IMDS that never recovers end before the deadline") {
  for (const Scene& scene :
       {answer(500), answer(429, "", seconds(7)),
        no_answer(Reason::kImdsConnectTimeout, "no connection", 0, milliseconds(500)),
        no_answer(Reason::kImdsReadTimeout, "no answer", 0, seconds(30))}) {
    const Run run({scene}, seconds(60));
    REQUIRE(!run.answer);
    CHECK(run.clock.passed() <= seconds(60));
    CHECK(run.clock.passed() >= seconds(30));
    CHECK(run.http.requests().size() < 30);
  }
}

TEST_CASE("IMDS is asked once even if the deadline has passed") {
  const Run run({no_answer(Reason::kImdsConnectTimeout, "no time is left", 0, Duration(0))},
                Duration(0));
  REQUIRE(!run.answer);
  CHECK(run.answer.error().reason() == Reason::kImdsConnectTimeout);
  CHECK(run.log.size() == 1);
  CHECK(run.clock.passed() == Duration(0));
}

TEST_CASE("a 410 is final after 70 seconds") {
  SUBCASE("the 410 goes away") {
    const Run run({answer(410), answer(410), answer(410), answer(200, kDocument)});
    CHECK(run.answer);
  }
  SUBCASE("the 410 stays") {
    const Run run({answer(410)});
    REQUIRE(!run.answer);
    CHECK(run.answer.error().http_status() == 410);
    CHECK(run.clock.passed() >= seconds(70));
    CHECK(run.clock.passed() < seconds(85));
  }
  SUBCASE("the 70 seconds begin with the first 410") {
    std::vector<Scene> scenes(15, answer(503));
    scenes.push_back(answer(410));
    scenes.push_back(answer(200, kDocument));
    const Run run(scenes);
    CHECK(run.answer);
    CHECK(run.clock.passed() > seconds(70));
  }
}

TEST_CASE("a refused version is replaced at once by the newest version that both sides know") {
  const Run run(
      {answer(400, R"({"error": "Bad request", "newest-versions": ["2021-02-01", "2021-01-01"]})"),
       answer(503), answer(200, kDocument)});
  REQUIRE(run.answer);
  CHECK(run.answer->api_version == "2021-02-01");
  CHECK(run.versions() == Strings{"2025-04-07", "2021-02-01", "2021-02-01"});
  CHECK(run.clock.sleeps().size() == 1);  // after the 503 only
  CHECK(run.outcomes()[0] == "400 Bad Request");
}

TEST_CASE("after a 400 without versions a few older ones are tried") {
  const Run run({answer(400, "no")});
  REQUIRE(!run.answer);
  CHECK(run.versions() == Strings{"2025-04-07", "2024-07-17", "2023-11-15", "2019-06-01"});
  CHECK(run.answer.error().http_status() == 400);
  CHECK(run.clock.sleeps().empty());
}

TEST_CASE("an IMDS that keeps offering new versions is not asked forever") {
  std::vector<Scene> scenes;
  for (int year = 2030; year < 2060; ++year) {
    scenes.push_back(
        answer(400, R"({"newest-versions": [")" + std::to_string(year) + R"(-01-01"]})"));
  }
  const Run run(scenes);
  REQUIRE(!run.answer);
  CHECK(run.http.requests().size() == kMaxVersions);
}

TEST_CASE("IMDS is asked over a real socket") {
  const test::LoopbackServer server(test::LoopbackServer::answering(
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kDocument.size()) + "\r\n\r\n" +
      kDocument));
  SystemClock clock;
  AttemptLog log;
  const auto http = make_curl_client();
  const auto instance =
      fetch_instance(*http, server.url(), clock, Deadline(clock, seconds(30)), log);
  REQUIRE(instance);
  CHECK(instance->instance.name == "web-1");
  REQUIRE(log.size() == 1);
  CHECK(log[0].request == "GET /metadata/instance?api-version=2025-04-07&extended=true");
}

}  // namespace
}  // namespace azl::imds
