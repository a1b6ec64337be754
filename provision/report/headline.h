// The first lines of a report: the worst that is true about a boot's provisioning.
#pragma once

#include <cstddef>
#include <vector>

#include "provision/record/record.h"

namespace azl::provision {

/// Whether a stage runs beside provisioning: no login and no `status --wait` waits for it, and the
/// VM is provisioned without it.
[[nodiscard]] bool is_aside(const StageRecord& stage);

/// Returns the record of a stage, or null if the boot has none.
[[nodiscard]] const StageRecord* find_stage(const BootRecords& boot, Stage stage);

/// Returns what a finding means by now. A report that failed and was delivered late is a note.
[[nodiscard]] Severity severity_now(const BootRecords& boot, const FindingRecord& finding);

/// What the first lines say.
struct Headline {
  enum class Outcome {
    kFailed,       ///< for the reason in `failure`
    kInterrupted,  ///< `stage` was killed
    kInProgress,   ///< `stage` runs; null: the main stage has not started
    kReady,        ///< this boot provisioned the VM
    kReadyBefore,  ///< an earlier boot provisioned the VM
  } outcome = Outcome::kReady;
  const StageRecord* stage = nullptr;
  const FindingRecord* failure = nullptr;
  /// Degraded findings, and an interrupted disks stage.
  std::size_t warnings = 0;
  /// All other stages that run or were interrupted, for lines of their own.
  std::vector<const StageRecord*> unfinished = {};
};
/// Decides what the first lines say. `provisioned`: whether the stored state says that the VM is
/// provisioned. The pointers are into `boot`.
///
/// A failure counts until the main stage runs again. Stages beside provisioning never decide the
/// outcome; they are in `unfinished`.
[[nodiscard]] Headline decide_headline(const BootRecords& boot, bool provisioned);

}  // namespace azl::provision
