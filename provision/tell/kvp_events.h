// The steps of a boot as events for the host.
#pragma once

#include <span>
#include <vector>

#include "base/clock.h"
#include "imds/kvp.h"
#include "provision/record/record.h"

namespace azl::provision {

/// Returns the records of a "start" and a "finish" for each step that has ended, in order: the name
/// is "azl-provision/STAGE/STEP", the message what the step is for, and then how it ended and why.
/// A step that is done, unchanged or skipped is a SUCCESS; one that failed is a FAIL if the finding
/// about it is fatal, and a WARN otherwise. Messages are without secrets, as redact() knows them.
/// The same records give the same ids. Pure.
[[nodiscard]] std::vector<imds::KvpEventRecords> describe_events(
    std::span<const StageRecord> stages, WallTime booted);

}  // namespace azl::provision
