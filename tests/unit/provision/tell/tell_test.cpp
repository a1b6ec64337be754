// What is told to people: the console's line and the portal's text.
#include "provision/tell/tell.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision;
using azl::Error;
using azl::Reason;

namespace {

StageRecord record_of(const std::string& outcome) {
  StageRecord record;
  record.stage = "main";
  record.outcome = outcome;
  record.took_us = 1'234'567;
  return record;
}

FindingRecord finding(const std::string& severity, const std::vector<std::string>& chain) {
  return {.severity = severity, .step = "user", .reason = "user", .chain = chain, .advice = "Do"};
}

}  // namespace

TEST_CASE("the console's line says how it ended") {
  auto ready = record_of("ready");
  CHECK(outcome_line(ready) == "azl-provision: ready in 1.23 s");
  ready.took_us = 50'000;
  ready.hostname = "web-1";
  CHECK(outcome_line(ready) == "azl-provision: ready in 0.05 s, host web-1");
  ready.user.name = "ann";
  ready.user.keys.resize(2);
  ready.findings = {finding("note", {"nothing"})};
  CHECK(outcome_line(ready) ==
        "azl-provision: ready in 0.05 s, host web-1, user ann with 2 SSH key(s)");

  auto degraded = record_of("degraded");
  degraded.findings = {finding("degraded", {"a"}), finding("note", {"b"})};
  CHECK(outcome_line(degraded) ==
        "azl-provision: ready with 1 warning in 1.23 s -- see 'azl-provision --report'");
  degraded.findings.push_back(finding("degraded", {"c"}));
  CHECK(outcome_line(degraded) ==
        "azl-provision: ready with 2 warnings in 1.23 s -- see 'azl-provision --report'");

  auto failed = record_of("failed");
  CHECK(outcome_line(failed) == "azl-provision: FAILED -- see 'azl-provision --report'");
  failed.findings = {finding("degraded", {"x"}), finding("fatal", {"it's so", "\"y\""})};
  CHECK(outcome_line(failed) ==
        "azl-provision: FAILED at step user: it's so: \"y\" -- see 'azl-provision --report'");
}

TEST_CASE("the console's line is one line, whatever a record holds") {
  auto record = record_of("ready");
  record.hostname = "web\x1b[2J\r\nroot login:";
  record.user.name = "a\xFF";
  CHECK(outcome_line(record) ==
        "azl-provision: ready in 1.23 s, host web\\x1b[2J\\x0d\\x0aroot login:, user a\\xff with 0 "
        "SSH key(s)");
  auto failed = record_of("failed");
  failed.findings = {finding("fatal", {std::string(100'000, 'x')})};
  const auto line = outcome_line(failed);
  CHECK(line.size() < 1100);
  CHECK(line.ends_with(" -- see 'azl-provision --report'"));
}

TEST_CASE("the portal's text says what, why and what to do") {
  CHECK(failure_text(Error(Reason::kNoWayIn, "there is no key").with_context("deciding")) ==
        "azl-provision: deciding: there is no key. Nobody could log in: deploy again with a valid "
        "SSH public key or an admin password.");
  CHECK(failure_text(Error(Reason::kUserName, "it's \"bad\"\n\x1b"))
            .starts_with("azl-provision: it's \"bad\"\\x0a\\x1b. Deploy again with "));
}

TEST_CASE("the portal's text has at most 512 characters, and the advice is among them") {
  for (const auto& row : azl::reasons()) {
    CAPTURE(row.name);
    const std::string advice = ". " + std::string(row.advice) + ".";
    CHECK(failure_text(Error(row.reason, "short")) == "azl-provision: short" + advice);
    const auto text = failure_text(Error(row.reason, std::string(2000, 'x')));
    CHECK(text.size() <= 512);
    CHECK(text.size() > 505);
    CHECK(text.ends_with("…" + advice));
  }
}
