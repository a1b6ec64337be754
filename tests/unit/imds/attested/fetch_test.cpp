#include "imds/attested/fetch.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "imds/question.h"
#include "imds/timeouts.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"

namespace azl::imds {
namespace {

using test::answer;
using test::FakeClock;
using test::no_answer;
using test::Scene;
using test::ScriptedHttp;

const std::string kAnswer = R"({"encoding":"pkcs7","signature":"AAEC"})";

/// Calls fetch_attested with a script.
struct Run {
  explicit Run(std::vector<Scene> scenes)
      : http(clock, std::move(scenes)),
        signature(fetch_attested(http, kImdsUrl, "0123456789", clock,
                                 Deadline(clock, kAttestedTimeout), log)) {}

  FakeClock clock;
  ScriptedHttp http;
  AttemptLog log;
  Result<std::string> signature;
};

TEST_CASE("the attested document is asked for with a nonce, and with IMDS's mark") {
  const Run run({answer(200, kAnswer)});
  REQUIRE(run.signature);
  CHECK(*run.signature == std::string("\0\1\2", 3));
  REQUIRE(run.http.requests().size() == 1);
  const auto& request = run.http.requests().front();
  CHECK(
      request.url ==
      "http://169.254.169.254/metadata/attested/document?api-version=2025-04-07&nonce=0123456789");
  CHECK(request.mark == kImdsMark);
}

TEST_CASE("an older IMDS, a busy one and a cut answer are asked again") {
  CHECK(
      Run({answer(400, R"({"newest-versions":["2021-02-01"]})"), answer(200, kAnswer)}).signature);
  CHECK(Run({answer(503), answer(200, kAnswer.substr(0, 20)), answer(200, kAnswer)}).signature);
  CHECK(Run({no_answer(Reason::kImdsConnect, "refused"), answer(200, kAnswer)}).signature);
}

TEST_CASE("what does not come is an error within the time") {
  for (const auto& scene : {answer(403), answer(404), answer(200, "<html>")}) {
    const Run run({scene});
    REQUIRE_FALSE(run.signature);
    CHECK(run.clock.now().time_since_epoch() <=
          FakeClock().now().time_since_epoch() + kAttestedTimeout);
    CHECK(run.signature.error().to_string().find("attested document") != std::string::npos);
  }
}

TEST_CASE("a nonce has ten digits, and another one each time") {
  std::set<std::string> nonces;
  for (int i = 0; i < 20; ++i) {
    const auto nonce = make_nonce();
    CHECK(nonce.size() == 10);
    CHECK(nonce.find_first_not_of("0123456789") == std::string::npos);
    nonces.insert(nonce);
  }
  CHECK(nonces.size() == 20);
}

}  // namespace
}  // namespace azl::imds
