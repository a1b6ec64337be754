// `azl-provision status`: whether this VM is provisioned, as a number and a sentence.
#pragma once

#include <string>
#include <string_view>

#include "provision/report/boots.h"

namespace azl::provision {

struct Status {
  int exit_status;  ///< record/words.h, kExit…
  std::string sentence;
};
/// Decides the status of the running boot.
[[nodiscard]] Status decide_status(const ReportInputs& inputs);
/// Returns the word of an exit status in JSON: "ready", "failed", "degraded", "not-here" or
/// "in-progress".
[[nodiscard]] std::string_view outcome_word(int exit_status);

/// Whether WALinuxAgent may start now (ExecCondition= of its drop-in): if this agent does nothing
/// here; or if the VM is provisioned, the platform was told, and the hand-over is recorded.
[[nodiscard]] bool guest_agent_may_start(const ReportInputs& inputs);

}  // namespace azl::provision
