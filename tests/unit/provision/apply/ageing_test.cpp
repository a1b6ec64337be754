#include "provision/apply/ageing.h"

#include <string>

#include <doctest/doctest.h>

#include "provision/accounts/user.h"
#include "tests/unit/provision/bench.h"

using namespace azl;
using namespace azl::provision;
using namespace azl::test;

namespace {

/// A machine with real tools, and the user ann.
struct AgeingBench : Bench {
  AgeingBench() {
    processes = PlayedProcesses([this](const Command& command) -> Result<ProcessOutput> {
      return system.run(
          {.argv = command.argv, .input = command.input.clone(), .inherited = command.inherited},
          patience());
    });
  }
  /// Makes ann as the agent does, or takes the image's account.
  void make_ann() {
    const auto made =
        ensure_user(root, processes,
                    {.name = "ann", .comment = "", .shell = "/bin/bash", .groups = {}}, patience());
    if (!made) FAIL(made.error().to_string());
  }
  StepResult step(AgeingPolicy policy = AgeingPolicy::kAuto) {
    Config config;
    config.user.password_ageing = policy;
    const auto run = this->run(Stage::kMain, config);
    PlannedUser user;
    user.name = "ann";
    auto result = set_ageing(run->context, user, run->recorder);
    findings = run->record.findings;
    return result;
  }
  /// ann's fields 3 to 8 of /etc/shadow.
  [[nodiscard]] std::string fields() const {
    const std::string text = tree.read("etc/shadow");
    const auto line = text.find("ann:!:");
    REQUIRE(line != std::string::npos);
    const auto begin = line + std::string("ann:!:").size();
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  SystemProcesses system;
  std::vector<FindingRecord> findings;
};

constexpr const char* kAccount = "ann:x:1000:1000::/home/ann:/bin/bash\n";

}  // namespace

TEST_CASE("PASS_MAX_DAYS 90 with INACTIVE is not inherited by a key-only user") {
  AZL_NEEDS_ROOT();
  AgeingBench bench;
  bench.tree.append("etc/login.defs", "PASS_MAX_DAYS 90\nPASS_WARN_AGE 7\n")
      .write("etc/default/useradd", "INACTIVE=35\n");
  bench.make_ann();
  REQUIRE(bench.fields().ends_with(":90:7:35::"));
  const auto kept = bench.step(AgeingPolicy::kKeep);
  REQUIRE(kept.has_value());
  CHECK(kept->outcome == StepOutcome::kUnchanged);
  REQUIRE(bench.findings.size() == 1);
  CHECK(bench.findings[0].severity == Severity::kDegraded);
  CHECK(bench.fields().ends_with(":90:7:35::"));

  const auto result = bench.step();
  REQUIRE_MESSAGE(result.has_value(), result.error().to_string());
  CHECK(result->outcome == StepOutcome::kDone);
  CHECK(result->why == "no maximum age, no inactivity (the password is locked)");
  CHECK(bench.fields().ends_with("::7:::"));
  CHECK(bench.findings.empty());
  const auto again = bench.step();
  REQUIRE(again.has_value());
  CHECK(again->outcome == StepOutcome::kUnchanged);
}

TEST_CASE("a new account that useradd makes expired is fatal, and lift repairs it") {
  AZL_NEEDS_ROOT();
  AgeingBench bench;
  bench.tree.write("etc/default/useradd", "EXPIRE=2022-01-08\n");
  bench.make_ann();
  const auto before = bench.fields();
  const auto result = bench.step();
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().reason() == Reason::kNoWayIn);
  CHECK(result.error().to_string().find("the account expired on 2022-01-08") != std::string::npos);
  CHECK(bench.fields() == before);
  REQUIRE(bench.step(AgeingPolicy::kLift).has_value());
  CHECK(bench.fields().ends_with("::"));
  CHECK(bench.findings.empty());
}

TEST_CASE("lastchg 0 with a locked password is repaired, and is fatal if it is to be kept") {
  AZL_NEEDS_ROOT();
  for (const auto policy : {AgeingPolicy::kAuto, AgeingPolicy::kLift, AgeingPolicy::kKeep}) {
    AgeingBench bench;
    bench.tree.append("etc/passwd", kAccount).append("etc/shadow", "ann:!:0:0:99999:7:::\n");
    const auto result = bench.step(policy);
    const bool kept = policy == AgeingPolicy::kKeep;
    CHECK(result.has_value() != kept);
    CHECK(bench.fields() == (kept ? "0:0:99999:7:::" : "20455:0:99999:7:::"));
  }
}

TEST_CASE("chage that fails is fatal only if the user is locked out today") {
  struct Row {
    std::string fields;
    bool fatal;
    std::size_t findings;
  };
  for (const Row& row : {Row{"0:0:99999:7:::", true, 1}, Row{"20455:0:90:7:35::", false, 2}}) {
    CAPTURE(row.fields);
    AgeingBench bench;
    bench.processes = PlayedProcesses([](const Command& command) -> Result<ProcessOutput> {
      return fail(Reason::kToolFailed, command.argv.front() + " ended with status 1");
    });
    bench.tree.append("etc/passwd", kAccount).append("etc/shadow", "ann:!:" + row.fields + "\n");
    const auto result = bench.step();
    CHECK(result.has_value() != row.fatal);
    CHECK(bench.findings.size() == row.findings);
    CHECK(bench.fields() == row.fields);
  }
}

TEST_CASE("a user without a line in /etc/shadow has no ageing") {
  AgeingBench bench;
  bench.tree.append("etc/passwd", kAccount);
  const auto result = bench.step();
  REQUIRE(result.has_value());
  CHECK(result->outcome == StepOutcome::kSkipped);
}
