// The steps of the stages of custom data, which depend on what the document asks for.
#pragma once

#include "provision/engine/run_data.h"
#include "provision/engine/step_runner.h"

namespace azl::provision {

/// Runs a step for each group of items that is due, one that erases what was carried out,
/// and one that schedules a reboot if packages require it.
void run_custom_data_steps(StageRun& run, StepObserver& observer);

}  // namespace azl::provision
