#include "imds/reprovision.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "imds/instance_client.h"
#include "imds/timeouts.h"
#include "tests/unit/imds/scripted_http.h"

namespace azl::imds {
namespace {

using std::chrono::seconds;
using test::answer;
using test::FakeClock;
using test::no_answer;
using test::Scene;
using test::ScriptedHttp;

const std::string kDocument =
    "<Environment xmlns=\"http://schemas.dmtf.org/ovf/environment/1\" "
    "xmlns:wa=\"http://schemas.microsoft.com/windowsazure\"><wa:ProvisioningSection>"
    "<wa:LinuxProvisioningConfigurationSet><wa:HostName>web-1</wa:HostName>"
    "<wa:UserName>ann</wa:UserName></wa:LinuxProvisioningConfigurationSet>"
    "</wa:ProvisioningSection></Environment>";

/// Polls with a script.
struct Run {
  explicit Run(std::vector<Scene> scenes)
      : http(clock, std::move(scenes)),
        data(poll_reprovision_data(http,
                                   {.base_url = std::string(kImdsUrl),
                                    .waits_for = "its user",
                                    .renew_network = [this] { ++renewed; }},
                                   clock, log)) {}
  FakeClock clock;
  ScriptedHttp http;
  AttemptLog log;
  int renewed = 0;
  Result<ReprovisionData> data;
};

TEST_CASE("a document that is there is fetched with one request") {
  const Run run({answer(200, kDocument)});
  REQUIRE(run.data);
  CHECK(run.data->ovf.user_name == "ann");
  CHECK(run.data->text.reveal() == kDocument);
  REQUIRE(run.http.requests().size() == 1);
  const auto& request = run.http.requests().front();
  CHECK(request.method == "GET");
  CHECK(request.url == "http://169.254.169.254/metadata/reprovisiondata?api-version=2019-06-01");
  CHECK(request.headers == std::vector<std::pair<std::string, std::string>>{{"Metadata", "true"}});
  CHECK(request.mark == kImdsMark);
  CHECK(request.timeout == kReprovisionRequestTimeout);
  CHECK(request.waits_for == "its user");
  CHECK(run.clock.sleeps().empty());
}

TEST_CASE("every answer but a document means: not yet") {
  const std::vector<std::pair<std::string, Scene>> rows = {
      {"404", answer(404)},
      {"410", answer(410)},
      {"429", answer(429, "", seconds(3))},
      {"503", answer(503)},
      {"400, which no other request repeats", answer(400)},
      {"an empty document", answer(200)},
      {"a time-out", no_answer(Reason::kImdsReadTimeout, "no answer", 0, seconds(60))},
      {"garbage instead of HTTP", no_answer(Reason::kImdsMalformed, "no HTTP")},
      {"a reset", no_answer(Reason::kImdsConnect, "reset", ECONNRESET)},
  };
  for (const auto& [what, scene] : rows) {
    CAPTURE(what);
    const Run run({scene, scene, scene, answer(200, kDocument)});
    REQUIRE(run.data);
    CHECK(run.http.requests().size() == 4);
    CHECK(run.clock.sleeps().size() == 3);
  }
}

TEST_CASE("without a connection the network is renewed before the next try") {
  const Run run({answer(404), no_answer(Reason::kImdsConnect, "unreachable", ENETUNREACH),
                 no_answer(Reason::kImdsConnectTimeout, "no connection"),
                 no_answer(Reason::kImdsReadTimeout, "no answer"), answer(200, kDocument)});
  REQUIRE(run.data);
  CHECK(run.renewed == 2);
}

TEST_CASE("an idle VM wakes up rarely, for as long as it takes, and its log stays short") {
  std::vector<Scene> scenes(3000, answer(404));
  scenes.push_back(answer(200, kDocument));
  const Run run(std::move(scenes));
  REQUIRE(run.data);
  const auto& sleeps = run.clock.sleeps();
  REQUIRE(sleeps.size() == 3000);
  CHECK(sleeps.front() <= std::chrono::milliseconds(600));
  for (std::size_t i = 20; i < sleeps.size(); ++i) CHECK(sleeps[i] >= kReprovisionPause * 4 / 5);
  CHECK(run.log.size() <= 16);
  CHECK(run.log.back().outcome == "ok");
  CHECK(run.data->effort.find("3001 tries") != std::string::npos);
}

TEST_CASE("Retry-After is obeyed") {
  const Run run({answer(429, "", seconds(90)), answer(200, kDocument)});
  REQUIRE(run.data);
  CHECK(run.clock.sleeps().front() >= seconds(90));
}

TEST_CASE("a damaged document is asked for again, and is an error if it stays damaged") {
  const Run cured({answer(200, "<Environment"), answer(200, kDocument)});
  CHECK(cured.data);
  const Run damaged({answer(200, "no XML")});
  REQUIRE_FALSE(damaged.data);
  CHECK(damaged.data.error().reason() == Reason::kOvfMalformed);
  CHECK(damaged.http.requests().size() == 5);
  CHECK(damaged.data.error().to_string().find("no XML") == std::string::npos);
}

TEST_CASE("an error that no retry cures ends the wait") {
  const Run run({no_answer(Reason::kToolMissing, "no libcurl")});
  REQUIRE_FALSE(run.data);
  CHECK(run.data.error().reason() == Reason::kToolMissing);
  CHECK(run.http.requests().size() == 1);
}

}  // namespace
}  // namespace azl::imds
