#include "provision/apply/sshd.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

constexpr const char* kClosed = "etc/ssh/sshd_config.d/00-azl-provision-closed.conf";

/// A machine whose sshd was closed by an earlier boot that failed.
struct ClosedBench : Bench {
  ClosedBench() { tree.write(kClosed, "PasswordAuthentication no\n"); }

  StepEnd configure(Course course, bool failed) {
    const auto run = this->run(Stage::kMain);
    run->plan.course = course;
    run->progress.decided = true;
    if (failed) run->progress.failure.emplace(azl::Reason::kHandOver, "x");
    const auto result = configure_sshd(run->context, run->plan, run->progress, run->recorder);
    REQUIRE(result);
    return *result;
  }
};

}  // namespace

TEST_CASE("a specialized or adopted machine is reopened only if this boot did not fail") {
  for (const auto course : {Course::kSpecialized, Course::kAdopted}) {
    ClosedBench bench;
    CHECK(bench.configure(course, true).outcome == StepOutcome::kSkipped);
    CHECK(bench.tree.exists(kClosed));
    CHECK(bench.configure(course, false).outcome == StepOutcome::kDone);
    CHECK_FALSE(bench.tree.exists(kClosed));
    CHECK(bench.configure(course, false).outcome == StepOutcome::kUnchanged);
  }
}
