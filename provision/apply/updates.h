// Enables the distribution's automatic updates.
#pragma once

#include "provision/plan/updates.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Writes the settings of the program for updates and of its timer, and enables the timer. On the
/// live system also starts it. A schedule that systemd refuses is a finding (degraded); then the
/// distribution's own counts. Errors: kUpdates.
[[nodiscard]] StepResult enable_updates(const Context& context, const PlannedUpdates& planned,
                                        Recorder& recorder);

}  // namespace azl::provision
