// The steps of the stages of custom data, which depend on what the document asks for.
#pragma once

#include "provision/config/config.h"
#include "provision/custom_data/run/account_items.h"
#include "provision/engine/run_data.h"
#include "provision/engine/step_runner.h"

namespace azl::provision {

/// Runs a step for each group of items that is due, one that erases what was carried out, and one
/// that schedules the shutdown that was asked for.
void run_custom_data_steps(StageRun& run, StepObserver& observer);

/// Prints lines on the console, and waits for a slow one: a line may be a password that stands
/// nowhere else. Empty if [Report] Console= is off.
[[nodiscard]] custom_data::PrintLine make_printer(const Config& config);

}  // namespace azl::provision
