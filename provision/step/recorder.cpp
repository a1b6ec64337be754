#include "provision/step/recorder.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace azl::provision {
namespace {

bool has_degraded(const StageRecord& record) {
  return std::ranges::any_of(
      record.findings, [](const auto& finding) { return finding.severity == Severity::kDegraded; });
}

}  // namespace

Recorder::Recorder(StageRecord& record) : record_(record), degraded_(has_degraded(record)) {}

void Recorder::record_finding(Severity severity, const Error& error, std::string_view device) {
  degraded_ = degraded_ || severity == Severity::kDegraded;
  record_.findings.push_back(to_finding(error, severity, step_, device));
}

void Recorder::record_wait(std::string what, const Deadline& deadline) {
  if (record_.steps.empty()) return;
  auto& step = record_.steps.back();
  constexpr Duration kNoLimit = std::chrono::days(365);
  const auto left = deadline.remaining();
  const auto now = deadline.clock().now();
  step.waits_for = std::move(what);
  step.waits_until_us = left > kNoLimit ? 0 : (now + left).time_since_epoch().count();
  if (observer_) observer_();
}

void Recorder::record_end_of_wait() {
  if (record_.steps.empty()) return;
  record_.steps.back().waits_for.clear();
  record_.steps.back().waits_until_us = 0;
}

void Recorder::record_try(std::string error) {
  if (record_.steps.empty()) return;
  record_.steps.back().last_error = std::move(error);
  if (observer_) observer_();
}

void Recorder::record_attempts(const imds::AttemptLog& attempts) {
  for (const auto& each : attempts) {
    record_.attempts.push_back({.endpoint = each.endpoint,
                                .request = each.request,
                                .at = iso8601(each.at, true),
                                .took_us = each.took.count(),
                                .status = each.status,
                                .outcome = each.outcome});
  }
}

void Recorder::take_over(StageRecord earlier) {
  record_ = std::move(earlier);
  degraded_ = degraded_ || has_degraded(record_);
}

}  // namespace azl::provision
