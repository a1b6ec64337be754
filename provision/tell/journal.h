// Steps, findings and outcomes in the journal, with structured fields.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "provision/record/record.h"

namespace azl::provision {

/// The journal's MESSAGE_ID of how a stage ended. Drawn once, never changed;
/// units/azl-provision.catalog explains them.
struct OutcomeId {
  StageOutcome outcome;
  std::string_view message_id;
};
inline constexpr std::array<OutcomeId, 3> kOutcomeIds = {
    {{StageOutcome::kReady, "ceba2384dfa448aa9ba8e80277bee3da"},
     {StageOutcome::kDegraded, "3b3adf3d41754fd9a17ee737b12b3ca2"},
     {StageOutcome::kFailed, "423f5785e6c842cabda2259f80f5c1b5"}}};

// Without a journal nothing is sent; the record has it all.

/// Sends the end of a step: AZL_STEP=, AZL_STAGE=, AZL_OUTCOME= and others (docs/journal.md).
void send_to_journal(const StageRecord& record, const StepRecord& step);
/// Sends a finished stage: each finding with its reason's MESSAGE_ID, then the outcome with its
/// own. Leaves out the first `sent` findings, which an earlier run sent.
void send_to_journal(const StageRecord& record, std::size_t sent);

}  // namespace azl::provision
