// The reboot that packages require.
#pragma once

#include "provision/step/context.h"
#include "provision/step/result.h"

namespace azl::provision::custom_data {

/// Has the system reboot in one minute, so that the stage can end and be reported. shutdown(8).
/// Errors: as Processes::run.
[[nodiscard]] StepResult schedule_reboot(const Context& context);

}  // namespace azl::provision::custom_data
