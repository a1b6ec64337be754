// `azl-provision --report`: the records of a boot as a person reads them at 3 a.m., or as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/root.h"
#include "provision/record/record.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// All that the report is made of. Gathered without root, offline and anywhere: what can't be seen
/// is said.
struct ReportInputs {
  bool here = false;         ///< this agent acts on this machine
  std::string not_here_why;  ///< when it does not
  bool expected = false;     ///< it is enabled, so that this boot starts it sooner or later
  std::string vm_id;
  State state;
  std::vector<BootRecords> boots;   ///< oldest first
  std::string boot_id;              ///< the running boot
  std::vector<std::string> unseen;  ///< what could not be read, a sentence each
};
[[nodiscard]] ReportInputs gather_report(const Root& root);

/// Which boot: 0 is this one, -1 the one before that has records, and so on; or a boot id. Where
/// this boot has no record (a later boot with nothing to do), 0 shows the boot that provisioned the
/// VM, and says so.
struct ReportChoice {
  const BootRecords* boot = nullptr;  ///< null: no record at all
  bool earlier = false;               ///< it is not the running boot's although that was asked for
};
[[nodiscard]] Result<ReportChoice> choose_boot(const ReportInputs& inputs,
                                               const std::string& which);

/// How the text is laid out.
struct TextStyle {
  int width = 80;  ///< columns, 40..200
  bool colour = false;
};
[[nodiscard]] std::string report_text(const ReportInputs& inputs, const ReportChoice& choice,
                                      const TextStyle& style);
/// docs/report-schema.json
[[nodiscard]] std::string report_json(const ReportInputs& inputs, const ReportChoice& choice);
/// --list: a line per boot.
[[nodiscard]] std::string report_list(const ReportInputs& inputs);

/// A stage for which neither a login nor `status --wait` waits, and without which the VM is
/// provisioned all the same.
[[nodiscard]] bool is_aside(const StageRecord& stage);

/// The word and exit status of `status`: done, failed, degraded, not here, in progress.
struct Status {
  int exit_status;
  std::string sentence;
};
[[nodiscard]] Status status_of(const ReportInputs& inputs);
/// Whether WALinuxAgent may start now (ExecCondition of its drop-in): yes where this agent does not
/// act; else only once the VM is provisioned, the platform was told, and the hand-over is recorded.
[[nodiscard]] bool guest_agent_may_start(const ReportInputs& inputs);

}  // namespace azl::provision
