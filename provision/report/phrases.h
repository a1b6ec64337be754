// What the reports for people, text and HTML, say in the same words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "provision/report/boots.h"

namespace azl::provision {

/// How good or bad a statement is.
enum class Mood { kPlain, kGood, kWarning, kBad, kDim };

/// A statement with a label in front of it, such as "Why".
struct Clause {
  enum class Label { kNone, kWhy, kBecause, kDo, kWaitsFor, kLastError } label = Label::kNone;
  std::string words;
  Mood mood = Mood::kPlain;
};

/// What a report says first. A word may be followed by clauses, and clauses may stand alone.
struct Outcome {
  std::string word;  ///< "READY"
  Mood mood = Mood::kPlain;
  std::string rest;             ///< ": this VM is provisioned."
  bool is_explained = false;    ///< the clauses are an explanation, set apart from the word
  std::vector<Clause> clauses;  ///< of the word
  std::vector<Clause> more;     ///< what else must be known at once
};
/// Returns the outcome of the chosen boot; without a boot, why there is no record. It is one, or
/// two if the main stage left no record and another stage did.
[[nodiscard]] std::vector<Outcome> describe_outcomes(const ReportInputs& inputs,
                                                     const ReportChoice& choice);

/// "64.0 GiB"
[[nodiscard]] std::string describe_size(std::uint64_t bytes);
/// Returns the time of day of an ISO 8601 time, `length` characters of it; "-" if there is none.
[[nodiscard]] std::string time_of_day(const std::string& at, std::size_t length);
/// "00:0d:3a:5c:7e:10  hv_netvsc  synthetic, primary, 10.0.0.4/24"
[[nodiscard]] std::string describe_link(const LinkRecord& link);
/// Describes the virtual function of a link; empty if the link is not synthetic.
[[nodiscard]] std::string describe_acceleration(const AccelerationRecord& acceleration);
/// "data 0, 64.0 GiB"
[[nodiscard]] std::string describe_disk(const DiskRecord& disk);
/// "azureuser (wheel), password locked"
[[nodiscard]] std::string describe_user(const UserRecord& user);
/// "Ready by json", "NotReady, NOT DELIVERED: …"
[[nodiscard]] std::string describe_told(const ToldRecord& told);
/// "Azure (metadata.azure.com) signed that this is VM …", or why that was not verified. Empty if
/// nobody asked.
[[nodiscard]] std::string describe_attested(const AttestedRecord& attested);
/// "ran useradd 12.0 ms, chpasswd 3.0 ms (failed)"; empty if the step ran no program.
[[nodiscard]] std::string describe_tools(const StepRecord& step);
/// "main: ready, 1.50 s, CPU 20.0 ms own + 30.0 ms of programs, 15 MiB"
[[nodiscard]] std::string describe_stage(const StageRecord& stage);

/// Returns the stage that saw the links last, or null if none did.
[[nodiscard]] const StageRecord* find_last_links(const BootRecords& boot);

}  // namespace azl::provision
