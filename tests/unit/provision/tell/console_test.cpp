#include "provision/tell/console.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision;

namespace {

StageRecord record_of(StageOutcome outcome) {
  StageRecord record;
  record.outcome = outcome;
  record.took_us = 1'234'567;
  return record;
}

FindingRecord finding(Severity severity, const std::vector<std::string>& chain) {
  return {.severity = severity, .step = "user", .reason = "user", .chain = chain, .advice = "Do"};
}

}  // namespace

TEST_CASE("the console line says how provisioning ended") {
  auto ready = record_of(StageOutcome::kReady);
  CHECK(describe_outcome(ready) == "azl-provision: ready in 1.23 s");
  ready.took_us = 50'000;
  ready.hostname = "web-1";
  CHECK(describe_outcome(ready) == "azl-provision: ready in 0.05 s, host web-1");
  ready.user.name = "ann";
  ready.user.keys.resize(2);
  ready.findings = {finding(Severity::kNote, {"nothing"})};
  CHECK(describe_outcome(ready) ==
        "azl-provision: ready in 0.05 s, host web-1, user ann with 2 SSH key(s)");

  auto degraded = record_of(StageOutcome::kDegraded);
  degraded.findings = {finding(Severity::kDegraded, {"a"}), finding(Severity::kNote, {"b"})};
  CHECK(describe_outcome(degraded) ==
        "azl-provision: ready with 1 warning in 1.23 s -- see 'azl-provision --report'");
  degraded.findings.push_back(finding(Severity::kDegraded, {"c"}));
  CHECK(describe_outcome(degraded) ==
        "azl-provision: ready with 2 warnings in 1.23 s -- see 'azl-provision --report'");

  auto failed = record_of(StageOutcome::kFailed);
  CHECK(describe_outcome(failed) == "azl-provision: FAILED -- see 'azl-provision --report'");
  failed.findings = {finding(Severity::kDegraded, {"x"}),
                     finding(Severity::kFatal, {"it's so", "\"y\""})};
  CHECK(describe_outcome(failed) ==
        "azl-provision: FAILED at step user: it's so: \"y\" -- see 'azl-provision --report'");
}

TEST_CASE("the console line is a single line without control characters, and limited in length") {
  auto record = record_of(StageOutcome::kReady);
  record.hostname = "web\x1b[2J\r\nroot login:";
  record.user.name = "a\xFF";
  CHECK(describe_outcome(record) ==
        "azl-provision: ready in 1.23 s, host web\\x1b[2J\\x0d\\x0aroot login:, user a\\xff with 0 "
        "SSH key(s)");
  auto failed = record_of(StageOutcome::kFailed);
  failed.findings = {finding(Severity::kFatal, {std::string(100'000, 'x')})};
  const auto line = describe_outcome(failed);
  CHECK(line.size() < 1100);
  CHECK(line.ends_with(" -- see 'azl-provision --report'"));
}
