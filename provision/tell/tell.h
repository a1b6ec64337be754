// The steps that tell: KVP, then health; and what is told to people.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "provision/engine/boot.h"
#include "provision/engine/step_table.h"

namespace azl::provision {

/// PROVISIONING_REPORT, before the health report: the host collects it then.
[[nodiscard]] Result<Said> write_report_to_kvp(Boot& boot);
/// Ready or NotReady, for [Report] InlineTimeout=; what could not be told is remembered as untold.
[[nodiscard]] Result<Said> tell_health(Boot& boot);
/// For a VM that was provisioned on an earlier boot: has azl-provision-report.service do it.
[[nodiscard]] Result<Said> leave_to_report(Boot& boot);
/// The same as tell_health for [Report] LateTimeout=.
[[nodiscard]] Result<Said> tell_health_late(Boot& boot);
/// Late Ready only: starts the WALinuxAgent that was held back, without waiting for it.
[[nodiscard]] Result<Said> start_guest_agent(Boot& boot);

/// The text that the portal shows for a failure: what, why and what to do, at most 512 characters.
[[nodiscard]] std::string failure_text(const Error& error);

/// The journal's MESSAGE_ID of how a stage ended, by StageRecord::outcome. Drawn once, never
/// changed; units/azl-provision.catalog explains them.
struct OutcomeId {
  std::string_view outcome;
  std::string_view message_id;
};
inline constexpr std::array<OutcomeId, 3> kOutcomeIds = {
    {{"ready", "ceba2384dfa448aa9ba8e80277bee3da"},
     {"degraded", "3b3adf3d41754fd9a17ee737b12b3ca2"},
     {"failed", "423f5785e6c842cabda2259f80f5c1b5"}}};

/// One step's end, in the journal with structured fields (AZL_STEP=, AZL_STAGE=, AZL_OUTCOME=).
void tell_journal(const StageRecord& record, const StepRecord& step);
/// A finished stage in the journal: its findings, each with its reason's MESSAGE_ID, and its
/// outcome with that of kOutcomeIds. The first `told` findings are those of an earlier run, which
/// told them.
void tell_journal(const StageRecord& record, std::size_t told);
/// The one line about a finished stage.
[[nodiscard]] std::string outcome_line(const StageRecord& record);
/// Puts it on /dev/console.
[[nodiscard]] Result<void> tell_console(const std::string& line);

}  // namespace azl::provision
