// The fixed words of records, reports and messages: one enumeration each, with one table of
// spellings.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace azl::provision {

/// One row of a table of spellings.
template <class Enum>
struct Spelling {
  Enum value;
  std::string_view word;
};

/// The table of an enumeration. Specialised below; its rows never change, because other programs
/// read the words.
template <class Enum>
inline constexpr auto kSpellings = nullptr;

/// The word of a value.
template <class Enum>
[[nodiscard]] constexpr std::string_view to_string(Enum value)
  requires requires { kSpellings<Enum>.size(); }
{
  for (const auto& row : kSpellings<Enum>) {
    if (row.value == value) return row.word;
  }
  return {};
}

/// The value of a word. Returns nullopt for any other word.
template <class Enum>
[[nodiscard]] constexpr std::optional<Enum> parse_word(std::string_view word) {
  for (const auto& row : kSpellings<Enum>) {
    if (row.word == word) return row.value;
  }
  return std::nullopt;
}

/// The stages of a boot. docs/architecture.md, "The boot".
enum class Stage {
  kLocal,
  kMain,
  kReport,
  kClose,
  kLink,
  kDisks,
  kCustomDataEarly,  ///< what custom data does before anybody can log in
  kCustomData,       ///< what it does once the system is up
};
template <>
inline constexpr std::array<Spelling<Stage>, 8> kSpellings<Stage> = {
    {{Stage::kLocal, "local"},
     {Stage::kMain, "main"},
     {Stage::kReport, "report"},
     {Stage::kClose, "close"},
     {Stage::kLink, "link"},
     {Stage::kDisks, "disks"},
     {Stage::kCustomDataEarly, "custom-data-early"},
     {Stage::kCustomData, "custom-data"}}};

/// What a finding means for the boot. docs/architecture.md, "What a failure means".
enum class Severity { kNote, kDegraded, kFatal };
template <>
inline constexpr std::array<Spelling<Severity>, 3> kSpellings<Severity> = {
    {{Severity::kNote, "note"}, {Severity::kDegraded, "degraded"}, {Severity::kFatal, "fatal"}}};

/// How a step ended, or that it has not.
enum class StepOutcome {
  kRunning,
  kDone,
  kUnchanged,  ///< what it does was done already
  kSkipped,    ///< it was not needed, or not possible here
  kFailed,
  kInterrupted,  ///< the agent was killed during it
};
template <>
inline constexpr std::array<Spelling<StepOutcome>, 6> kSpellings<StepOutcome> = {
    {{StepOutcome::kRunning, "running"},
     {StepOutcome::kDone, "done"},
     {StepOutcome::kUnchanged, "unchanged"},
     {StepOutcome::kSkipped, "skipped"},
     {StepOutcome::kFailed, "failed"},
     {StepOutcome::kInterrupted, "interrupted"}}};

/// How a stage ended, or that it has not.
enum class StageOutcome {
  kRunning,
  kReady,
  kDegraded,  ///< ready, with warnings
  kFailed,
  kInterrupted,  ///< the agent was killed; never written, but found when the record is read
};
template <>
inline constexpr std::array<Spelling<StageOutcome>, 5> kSpellings<StageOutcome> = {
    {{StageOutcome::kRunning, "running"},
     {StageOutcome::kReady, "ready"},
     {StageOutcome::kDegraded, "degraded"},
     {StageOutcome::kFailed, "failed"},
     {StageOutcome::kInterrupted, "interrupted"}}};

/// Whether Azure's signature says that this is the VM.
enum class Attested {
  kNotAsked,
  kVerified,
  kUnverified,  ///< it could not be told
  kRefuted,     ///< what answers for Azure cannot be Azure, or speaks of another VM
};
template <>
inline constexpr std::array<Spelling<Attested>, 4> kSpellings<Attested> = {
    {{Attested::kNotAsked, "not-asked"},
     {Attested::kVerified, "verified"},
     {Attested::kUnverified, "unverified"},
     {Attested::kRefuted, "refuted"}}};

/// What the program ends with. azl-provision(8), "Exit status".
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitDegraded = 2;
inline constexpr int kExitNotHere = 3;
inline constexpr int kExitInProgress = 4;
inline constexpr int kExitUsage = 64;  ///< EX_USAGE of sysexits.h(3head): a wrong command line

}  // namespace azl::provision
