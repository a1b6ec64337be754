// The checks of `azl-provision check-image`: their codes, what they mean, and the remedy.
// docs/checks.md is made from this table.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace azl::provision {

enum class CheckSeverity {
  kNote,     ///< something that is good to know, or that could not be checked
  kWarning,  ///< something would surprise the users of a VM
  kError     ///< a VM would not be provisioned, not boot, or nobody could log in
};
/// "note", "warning" or "error".
[[nodiscard]] std::string_view to_string(CheckSeverity severity);

/// A check, in the order of the table.
enum class Check {
  kNotInstalled,
  kExtensionUnitsLate,
  kUnitDisabled,
  kUnitMasked,
  kPartMasked,
  kPresetDisables,
  kSwitchedOff,
  kConfigMistake,
  kOtherAgentEnabled,
  kWaagentReportsReady,
  kOrderingCycle,
  kNoDhcp,
  kDriverMissing,
  kMediaDriverMissing,
  kSizeDriverMissing,
  kOldSizeDriverMissing,
  kResourceDiskDriverMissing,
  kInitrdDriverMissing,
  kInitrdSizeDriverMissing,
  kNoSerialConsole,
  kFstabWithoutNofail,
  kFstabSwap,
  kProgramMissing,
  kLibcurlMissing,
  kDiskProgramMissing,
  kHelperMissing,
  kSshdDisabled,
  kSshdBroken,
  kSshdIgnoresSettings,
  kSshdLetsNobodyIn,
  kSshdPolicy,
  kSudoersWithoutIncludedir,
  kSudoersOverruled,
  kAgeingLocksOut,
  kUserWithPassword,
  kUserWithKeys,
  kStaleState,
  kStaleAgentState,
  kStaleHostKeys,
  kStaleMachineId,
  kFirstBootPresets,
  kSelinuxUnlabeled,
  kNotChecked
};

/// A row of the table.
struct CheckInfo {
  Check check;
  std::string_view code;  ///< stable; lower case with hyphens
  CheckSeverity severity;
  std::string_view title;  ///< a sentence without a period
  std::string_view why;    ///< what happens on a VM of such an image; sentences
  /// What to do, with a command. {dir} stands for the root of the image, {file} for the file of a
  /// finding, and {name} for its subject: a user, a driver, a program, a unit.
  std::string_view remedy;
  std::string_view fix;  ///< what --fix does; empty: nothing
};

/// All checks, in the order of Check.
[[nodiscard]] std::span<const CheckInfo> checks();
[[nodiscard]] const CheckInfo& info_of(Check check);
/// Returns the row of a code, or null.
[[nodiscard]] const CheckInfo* find_check(std::string_view code);

/// What a check found.
struct CheckFinding {
  Check check;
  std::string path = {};    ///< as in the running image: "/etc/fstab"; empty: no file
  int line = 0;             ///< from 1; 0: the whole file
  std::string detail = {};  ///< a sentence without a period
  std::string name = {};    ///< the subject: a user, a driver, a program, a unit; may be empty

  bool operator==(const CheckFinding&) const = default;
};
using CheckFindings = std::vector<CheckFinding>;

struct CheckCounts {
  int notes = 0;
  int warnings = 0;
  int errors = 0;
};
[[nodiscard]] CheckCounts count_findings(const CheckFindings& findings);

/// The exit status: 0 for nothing but notes, 1 for errors, 2 for warnings.
[[nodiscard]] int exit_status_of(const CheckCounts& counts);

/// Returns the remedy for a finding in the image at `directory`. A finding without a file or a name
/// gets the word FILE or NAME in its place.
[[nodiscard]] std::string describe_remedy(const CheckFinding& finding, std::string_view directory);

}  // namespace azl::provision
