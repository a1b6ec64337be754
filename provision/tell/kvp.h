// Leaves the report and the events of this boot for the host, in key-value pairs.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "imds/kvp.h"
#include "provision/record/record.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// What the host reads in pool 1.
struct HostReport {
  std::string what;   ///< "Ready" or "NotReady", for the record
  std::string value;  ///< of PROVISIONING_REPORT: success_report() or failure_report()
  std::vector<imds::KvpEventRecords> events = {};
};
/// Writes the report and the events to the pool, and records what was told. Errors: as write_kvp().
[[nodiscard]] Result<void> write_host_report(const Context& context, const HostReport& report,
                                             Recorder& recorder);

/// Writes PROVISIONING_REPORT to pool 1, and with [Report] KvpEvents= the steps of this boot that
/// have ended as events: those of `stage` and of the stages before it. Runs before the health
/// report, because the host collects the pool then.
[[nodiscard]] StepResult write_report_to_kvp(const Context& context, const Provisioning& progress,
                                             const StageRecord& stage, Recorder& recorder);

}  // namespace azl::provision
