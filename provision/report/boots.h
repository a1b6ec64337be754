// Everything that a report is made of, and the choice of the boot that it is about.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "provision/record/record.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// What this agent does on this machine.
struct Here {
  bool acts = false;         ///< it provisions this machine
  std::string why_not = {};  ///< a sentence if it does not
  bool will_start = false;   ///< it is enabled, so this boot starts it sooner or later
  std::string vm_id = {};    ///< from the firmware; empty: unknown, or only root can read it
  /// False: a disk that was taken from its VM. The outcome is then that of the records, and
  /// `acts` is false.
  bool sees_firmware = true;
  std::int64_t now_us = 0;  ///< CLOCK_BOOTTIME, for what still runs; 0: unknown
};

/// Everything that a report is made of.
struct ReportInputs {
  Here here;
  std::string vm_id;  ///< from the firmware, or the stored one if that is unknown
  State state;
  std::vector<BootRecords> boots;   ///< oldest first
  std::string boot_id;              ///< the running boot; of a disk without its VM, the last one
  std::vector<std::string> unseen;  ///< what could not be read, a sentence each
  /// The main stage has run on this boot and left no record, or nothing could be recorded.
  bool main_unrecorded = false;
  std::string full = {};  ///< "/run" or "/var/lib" if its file system is full; empty: neither is
};

/// Reads state and records. Needs neither root nor the network; lists in `unseen` what it could not
/// read. A running stage whose lock nobody holds is StageOutcome::kInterrupted.
[[nodiscard]] ReportInputs read_report_inputs(const Root& root, Here here);

/// Whether a process holds the lock of a stage. False also if that cannot be seen.
[[nodiscard]] bool is_locked(const Root& root, Stage stage);

/// Returns the records of the running boot, or null if it has none.
[[nodiscard]] const BootRecords* find_running_boot(const ReportInputs& inputs);

/// Returns how many boots with records there were before the running one.
[[nodiscard]] int count_earlier_boots(const ReportInputs& inputs);

/// The boot that a report is about.
struct ReportChoice {
  const BootRecords* boot = nullptr;  ///< null: there is no record at all
  bool earlier = false;               ///< the running boot was asked for, and has no record
};
/// Finds a boot: "0" is the running one, "-1" the last one before it that has records, and so on;
/// or a boot id. If the running boot has no record (a later boot with nothing to do), "0" is the
/// boot that provisioned the VM. Errors: kUsage.
[[nodiscard]] Result<ReportChoice> choose_boot(const ReportInputs& inputs,
                                               const std::string& which);

}  // namespace azl::provision
