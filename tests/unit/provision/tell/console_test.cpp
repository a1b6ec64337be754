#include "provision/tell/console.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

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

TEST_CASE("a line is written whole, or it is an error") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  const azl::UniqueFd from(ends[0]);
  const azl::UniqueFd to(ends[1]);
  const std::string text(std::size_t{1} << 20, 'x');  // more than a pipe holds
  CHECK_FALSE(write_patiently(to.get(), text, {}).has_value());
  std::atomic<std::size_t> taken = 0;
  const auto drain = [&] {
    std::string buffer(text.size(), '\0');
    const auto size = ::read(from.get(), buffer.data(), buffer.size());
    if (size > 0) taken += static_cast<std::size_t>(size);
  };
  drain();
  taken = 0;
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && taken < text.size()) drain();
  });
  CHECK(write_patiently(to.get(), text, std::chrono::seconds(60)).has_value());
  while (taken < text.size()) std::this_thread::yield();
  CHECK(taken == text.size());
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
