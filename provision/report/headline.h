// The first lines of a report: the worst that is true about a boot's provisioning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "provision/record/record.h"

namespace azl::provision {

/// Whether a stage runs beside provisioning: no login and no `status --wait` waits for it, and the
/// VM is provisioned without it.
[[nodiscard]] bool is_aside(const StageRecord& stage);
/// Whether a stage beside provisioning was interrupted and has left work undone.
[[nodiscard]] bool has_left_work(const StageRecord& stage);

/// Returns the record of a stage, or null if the boot has none.
[[nodiscard]] const StageRecord* find_stage(const BootRecords& boot, Stage stage);

/// Returns what a finding means by now. A report that failed and was delivered late is a note.
[[nodiscard]] Severity severity_now(const BootRecords& boot, const FindingRecord& finding);

/// What a running stage waits for.
struct Wait {
  std::int64_t elapsed_us = 0;  ///< since its step began; 0: unknown
  std::string what = {};        ///< empty: it does not wait, or does not say so
  std::int64_t left_us = 0;     ///< until it gives up; 0: unknown, or it waits without a limit
  std::string last_error = {};  ///< of what it tries again; empty: none
};
/// Returns what the last step of a running stage waits for at a time of CLOCK_BOOTTIME; 0: the time
/// is not known.
[[nodiscard]] Wait find_wait(const StageRecord& stage, std::int64_t now_us);
/// "12 s"
[[nodiscard]] std::string describe_seconds(std::int64_t micros);
/// "12.3 ms", "1.50 s", "26.5 h"; at most 9 characters.
[[nodiscard]] std::string describe_duration(std::int64_t micros);
/// Returns the kind of a failure for the first line, such as "disk full"; empty if the name of the
/// step is enough.
[[nodiscard]] std::string describe_kind(const FindingRecord& failure);

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
