#include "provision/tell/trace.h"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::FakeClock;
using test::no_answer;
using test::Scene;
using test::ScriptedHttp;

TEST_CASE("an endpoint without a path of its own gets that of traces") {
  CHECK(trace_url("http://collector:4318") == "http://collector:4318/v1/traces");
  CHECK(trace_url("http://collector:4318/") == "http://collector:4318/v1/traces");
  CHECK(trace_url("https://example.com/otlp/v1/traces") == "https://example.com/otlp/v1/traces");
  CHECK(trace_url("http://collector/?token=x") == "http://collector/?token=x");
}

TEST_CASE("a trace is posted once, and a second time only if that may help") {
  struct Row {
    std::string what;
    std::vector<Scene> scenes;
    std::size_t requests;
    std::string error;  ///< empty: it was sent
  };
  const std::vector<Row> rows = {
      {"accepted", {answer(200)}, 1, ""},
      {"accepted later", {answer(202)}, 1, ""},
      {"busy at first", {answer(503), answer(200)}, 2, ""},
      {"throttled at first", {answer(429, "", 2s), answer(200)}, 2, ""},
      {"no connection at first", {no_answer(Reason::kImdsConnect, "refused"), answer(200)}, 2, ""},
      {"always busy", {answer(503)}, 2, "503 Service Unavailable"},
      {"refused", {answer(401, "no token")}, 1, "401 Unauthorized: no token"},
      {"not a collector", {answer(404)}, 1, "404 Not Found"},
      {"an error that does not pass", {answer(500)}, 1, "500 Internal Server Error"},
      {"a redirect", {answer(302)}, 1, "302"},
      {"hangs",
       {no_answer(Reason::kImdsReadTimeout, "no answer from collector:4318", 0, 10s)},
       2,
       "no answer from collector:4318"},
      {"asks to wait longer than the time", {answer(503, "", 60s)}, 1, "503"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    FakeClock clock;
    ScriptedHttp http(clock, row.scenes);
    const auto began = clock.now();
    const auto sent = send_trace(http, "http://collector:4318", "{}", clock);
    CHECK(clock.now() - began <= kTraceTimeout);
    CHECK(http.requests().size() == row.requests);
    const auto& request = http.requests().front();
    CHECK(request.method == "POST");
    CHECK(request.url == "http://collector:4318/v1/traces");
    CHECK(request.body == "{}");
    CHECK(request.anywhere);
    REQUIRE(sent.has_value() == row.error.empty());
    if (sent) continue;
    CHECK(sent.error().known_cause() == Cause::kTraceNotSent);
    CHECK_MESSAGE(sent.error().to_string().find(row.error) != std::string::npos,
                  sent.error().to_string());
  }
}

}  // namespace
}  // namespace azl::provision
