// The steps that tell: KVP, then health; and what is told to people.
#pragma once

#include <string>

#include "provision/boot.h"
#include "provision/steps.h"

namespace azl::provision {

/// PROVISIONING_REPORT, before the health report: the host collects it then.
[[nodiscard]] Result<Said> write_report_to_kvp(Boot& boot);
/// Ready or NotReady, for [Report] InlineTimeout=; what could not be told is remembered as untold.
[[nodiscard]] Result<Said> tell_health(Boot& boot);
/// The same for [Report] LateTimeout=.
[[nodiscard]] Result<Said> tell_health_late(Boot& boot);
/// Late Ready only: starts the WALinuxAgent that was held back, without waiting for it.
[[nodiscard]] Result<Said> start_guest_agent(Boot& boot);

/// The text that the portal shows for a failure: what, why and what to do, at most 512 characters.
[[nodiscard]] std::string failure_text(const Error& error);

/// One step's end, in the journal with structured fields (AZL_STEP=, AZL_STAGE=, AZL_OUTCOME=,
/// AZL_REASON=, MESSAGE_ID=).
void tell_journal(const StageRecord& record, const StepRecord& step);
/// The findings of a finished stage, in the journal, each with its reason's MESSAGE_ID.
void tell_journal(const StageRecord& record);
/// The one line about a finished stage.
[[nodiscard]] std::string outcome_line(const StageRecord& record);
/// Puts it on /dev/console.
[[nodiscard]] Result<void> tell_console(const std::string& line);

}  // namespace azl::provision
