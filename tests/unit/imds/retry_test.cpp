#include "imds/retry.h"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"

namespace azl::imds {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::answer;
using test::FakeClock;
using test::no_answer;

/// One Retry against a script.
struct Fixture {
  explicit Fixture(std::vector<test::Scene> scenes, Duration patience = seconds(60))
      : http(clock, std::move(scenes)),
        deadline(clock, patience),
        retry(http, "IMDS", "http://169.254.169.254/", clock, deadline, log) {}

  /// Sends one request per try until one is answered with 200.
  Tried<int> run(NextTry next = NextTry::kAfterWait) {
    return retry.run<int>([&]() -> Tried<int> {
      auto response = retry.send({.url = "/a?b=c"});
      if (response && response->status == 200) return 200;
      if (!response) return std::unexpected(FailedTry{.error = response.error(), .next = next});
      return std::unexpected(
          FailedTry{.error = Error(Reason::kImdsHttp, describe_answer(*response)),
                    .next = next,
                    .retry_after = response->retry_after});
    });
  }

  FakeClock clock;
  test::ScriptedHttp http;
  Deadline deadline;
  AttemptLog log;
  Retry retry;
};

TEST_CASE("each request is logged with its outcome") {
  Fixture fixture({answer(503, "", seconds(2)),
                   no_answer(Reason::kImdsReadTimeout, "no answer", 0, seconds(2)), answer(200)});
  REQUIRE(fixture.run());
  const auto& log = fixture.log;
  REQUIRE(log.size() == 3);
  CHECK(log[0].endpoint == "IMDS");
  CHECK(log[0].request == "GET /a?b=c");
  CHECK(log[0].at == FakeClock().wall());
  CHECK(log[0].took == milliseconds(10));
  CHECK(log[0].status == 503);
  CHECK(log[0].outcome == "503 Service Unavailable, Retry-After 2 s");
  CHECK(log[1].at == FakeClock().wall() + milliseconds(10) + fixture.clock.sleeps()[0]);
  CHECK(log[1].took == seconds(2));
  CHECK(log[1].status == 0);
  CHECK(log[1].outcome == "no answer");
  CHECK(log[2].outcome == "ok");
  CHECK(fixture.http.requests()[0].url == "http://169.254.169.254/a?b=c");
}

TEST_CASE("only the first try may use an open connection") {
  Fixture fixture({answer(500), answer(500), answer(200)});
  REQUIRE(fixture.run());
  CHECK_FALSE(fixture.http.requests()[0].fresh_connection);
  CHECK(fixture.http.requests()[1].fresh_connection);
  CHECK(fixture.http.requests()[2].fresh_connection);
}

TEST_CASE("requests of one try share its time-outs") {
  Fixture fixture({answer(200)});
  int tries = 0;
  const auto ran = fixture.retry.run<int>([&]() -> Tried<int> {
    (void)fixture.retry.send({.url = "/1"});
    (void)fixture.retry.send({.url = "/2"});
    if (++tries < 2) {
      return std::unexpected(
          FailedTry{.error = Error(Reason::kIo, "no"), .next = NextTry::kAtOnce});
    }
    return tries;
  });
  REQUIRE(ran);
  const auto& requests = fixture.http.requests();
  REQUIRE(requests.size() == 4);
  CHECK(requests[1].timeout == seconds(5));
  CHECK_FALSE(requests[1].fresh_connection);
  CHECK(requests[2].timeout == seconds(10));
  CHECK(requests[2].connect_timeout == seconds(1));
  CHECK(fixture.clock.sleeps().empty());
}

TEST_CASE("a final failure ends the tries at once") {
  Fixture fixture({answer(403), answer(200)});
  const auto ran = fixture.run(NextTry::kNone);
  REQUIRE_FALSE(ran);
  CHECK(ran.error().error.cause() == "403 Forbidden");
  CHECK(fixture.http.requests().size() == 1);
  CHECK(fixture.retry.describe_effort("asking") == "asking, 1 try in 10 ms");
}

TEST_CASE("no try starts after the deadline") {
  for (const NextTry next : {NextTry::kAtOnce, NextTry::kAfterWait}) {
    Fixture fixture({answer(503)}, seconds(10));
    REQUIRE_FALSE(fixture.run(next));
    CHECK(fixture.clock.passed() <= seconds(10));
  }
}

TEST_CASE("a Retry-After beyond the deadline is ignored") {
  Fixture fixture({answer(503, "", seconds(60)), answer(200)}, seconds(30));
  CHECK(fixture.run());
  CHECK(fixture.clock.passed() < seconds(5));
}

TEST_CASE("if the deadline ends a try, the error is that of the try before it") {
  Fixture fixture({answer(503), no_answer(Reason::kImdsReadTimeout, "no answer", 0, seconds(9))},
                  seconds(5));
  const auto ran = fixture.run();
  REQUIRE_FALSE(ran);
  CHECK(ran.error().error.cause() == "503 Service Unavailable");
}

TEST_CASE("whether a failure is temporary depends on its reason or HTTP status") {
  for (const Reason reason :
       {Reason::kImdsConnectTimeout, Reason::kImdsConnect, Reason::kImdsReadTimeout,
        Reason::kImdsMalformed, Reason::kImdsInvalidKey}) {
    CHECK(is_temporary(Error(reason, "x")));
  }
  for (const Reason reason : {Reason::kInvalidInput, Reason::kToolMissing, Reason::kUnexpected}) {
    CHECK_FALSE(is_temporary(Error(reason, "x")));
  }
  for (const int status : {408, 429, 500, 503, 599}) CHECK(is_temporary(status));
  for (const int status : {0, 200, 302, 400, 403, 404, 410, 499, 600})
    CHECK_FALSE(is_temporary(status));
}

}  // namespace
}  // namespace azl::imds
