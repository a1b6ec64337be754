// Sends the boots of a made-up fleet to the journal, as the stages of real VMs do, and prints what
// it sent.
//
//   journal_boots NUMBER
//
// For each VM: its id, how its stage main ended, the reason of its finding or "-", how long step
// imds took in microseconds.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "base/reason.h"
#include "provision/record/advice.h"
#include "provision/record/record.h"
#include "provision/tell/journal.h"

namespace azl::provision {
namespace {

/// How one boot of the fleet went.
struct Fate {
  StageOutcome outcome = StageOutcome::kReady;
  std::string_view step = "imds";  ///< that has the finding
  Reason reason = Reason::kImdsHttp;
  std::int64_t imds_us = 40'000;  ///< how long step imds took
};

/// Of ten boots one fails, for one of two reasons, two have a warning, and one of those is slow.
Fate fate_of(int number) {
  constexpr std::int64_t kSlow = 31'000'000;
  switch (number % 20) {
    case 4:
      return {.outcome = StageOutcome::kFailed, .step = "lease", .reason = Reason::kNoLease};
    case 11:
      return {.outcome = StageOutcome::kFailed, .step = "user", .reason = Reason::kUser};
    case 7:
    case 16:
      return {.outcome = StageOutcome::kDegraded, .imds_us = kSlow};
    case 2:
    case 13:
      return {.outcome = StageOutcome::kDegraded, .step = "hostname", .reason = Reason::kHostName};
    default:
      return {.imds_us = 20'000 + number};
  }
}

std::string vm_id_of(int number) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%08x-0000-4000-8000-000000000000", number);
  return text.data();
}

StageRecord make_record(int number, const Fate& fate) {
  StageRecord record;
  record.stage = Stage::kMain;
  record.vm_id = vm_id_of(number);
  record.outcome = fate.outcome;
  record.hostname = "vm-" + std::to_string(number);
  for (const std::string_view name : {"links", "lease", "imds", "hostname", "user", "ssh-keys"}) {
    const bool failed = name == fate.step && fate.outcome != StageOutcome::kReady;
    StepRecord step;
    step.name = name;
    step.outcome = failed ? StepOutcome::kFailed : StepOutcome::kDone;
    step.why = failed ? "it failed" : "it was done";
    step.took_us = name == "imds" ? fate.imds_us : 3'000;
    record.took_us += step.took_us;
    record.steps.push_back(std::move(step));
    if (failed && fate.outcome == StageOutcome::kFailed) break;
  }
  if (fate.outcome == StageOutcome::kReady) return record;
  const bool fatal = fate.outcome == StageOutcome::kFailed;
  record.findings.push_back({.severity = fatal ? Severity::kFatal : Severity::kDegraded,
                             .step = std::string(fate.step),
                             .reason = std::string(to_string(fate.reason)),
                             .chain = {"a made-up failure"},
                             .advice = std::string(advice_for(fate.reason).text)});
  return record;
}

void send_boot(int number) {
  const auto fate = fate_of(number);
  const auto record = make_record(number, fate);
  for (const auto& step : record.steps) send_to_journal(record, step);
  send_to_journal(record, 0);
  std::cout << record.vm_id << '\t' << to_string(record.outcome) << '\t'
            << (record.findings.empty() ? "-" : record.findings.front().reason) << '\t'
            << fate.imds_us << '\n';
}

}  // namespace
}  // namespace azl::provision

int main(int argc, char** argv) {
  const int number = argc == 2 ? std::atoi(argv[1]) : 0;
  if (number <= 0) return 2;
  for (int i = 0; i < number; ++i) azl::provision::send_boot(i);
}
