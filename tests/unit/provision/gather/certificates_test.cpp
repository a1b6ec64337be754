#include "provision/gather/certificates.h"

#include <chrono>
#include <utility>

#include <doctest/doctest.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"
#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/plan/given_keys.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Cause;

namespace {

/// A tree, and a WireServer that gives one answer.
struct Lab {
  explicit Lab(Scene scene) : http(clock, {std::move(scene)}) {}

  StepResult fetch() {
    return fetch_key_certificates({.machine = {root, clock, processes, http},
                                   .stage = Stage::kMain,
                                   .config = config,
                                   .identity = identity},
                                  facts, recorder);
  }

  AccountTree tree;
  azl::Root root = tree.root();
  FakeClock clock;
  PlayedProcesses processes{
      [](const azl::Command&) -> azl::Result<azl::ProcessOutput> { return azl::ProcessOutput{}; }};
  ScriptedHttp http;
  Config config;
  azl::imds::Identity identity;
  StageRecord record;
  Recorder recorder{record};
  Facts facts = with_keys({}, {""});
};

}  // namespace

TEST_CASE("a tree has no WireServer unless it is given one") {
  Lab lab(answer(200));
  const auto step = lab.fetch();
  REQUIRE(step);
  CHECK(step->outcome == StepOutcome::kSkipped);
  CHECK(step->why == "a root tree has no WireServer; --wireserver-url gives it one");
  REQUIRE(lab.facts.certificates);
  CHECK(lab.facts.certificates->error->known_cause() == Cause::kCertificateNotFetched);
  CHECK(lab.http.requests().empty());
}

TEST_CASE("a failure is a fact, and its requests are recorded") {
  Lab lab(answer(200,
                 "<GoalState><Incarnation>1</Incarnation><Container><ContainerId>c</ContainerId>"
                 "<RoleInstanceList><RoleInstance><InstanceId>i</InstanceId></RoleInstance>"
                 "</RoleInstanceList></Container></GoalState>"));
  lab.config.platform.wireserver_url = "http://127.0.0.1:1";
  const auto step = lab.fetch();
  REQUIRE_FALSE(step);
  CHECK(step.error().known_cause() == Cause::kCertificateMissing);
  REQUIRE(lab.facts.certificates);
  CHECK(lab.facts.certificates->list.empty());
  CHECK(lab.facts.certificates->error->to_string() == step.error().to_string());
  REQUIRE(lab.record.attempts.size() == 1);
}

TEST_CASE("a WireServer that does not answer is given up after a minute") {
  Lab lab(no_answer(azl::Reason::kImdsConnect, "refused"));
  lab.config.platform.wireserver_url = "http://127.0.0.1:1";
  const auto begin = lab.clock.now();
  const auto step = lab.fetch();
  REQUIRE_FALSE(step);
  CHECK(step.error().known_cause() == Cause::kCertificateNotFetched);
  CHECK(lab.clock.now() - begin <= std::chrono::minutes(1));
  CHECK(lab.clock.now() - begin > std::chrono::seconds(30));
}
