// Leaves the report and the events of this boot for the host, in key-value pairs.
#pragma once

#include "provision/record/record.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Writes PROVISIONING_REPORT to pool 1, and with [Report] KvpEvents= the steps of this boot that
/// have ended as events: those of `stage` and of the stages before it. Runs before the health
/// report, because the host collects the pool then.
[[nodiscard]] StepResult write_report_to_kvp(const Context& context, const Provisioning& progress,
                                             const StageRecord& stage, Recorder& recorder);

}  // namespace azl::provision
