// Leaves the report for the host in a key-value pair.
#pragma once

#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Writes PROVISIONING_REPORT to pool 1. Runs before the health report, because the host collects
/// the pool then.
[[nodiscard]] StepResult write_report_to_kvp(const Context& context, const Provisioning& progress,
                                             Recorder& recorder);

}  // namespace azl::provision
