// The story of the boot: one table of steps, in the order in which they run.
#pragma once

#include <span>
#include <string_view>

#include "provision/engine/run_data.h"
#include "provision/step/result.h"

namespace azl::provision {

/// What the failure of a step means for the boot.
enum class OnFailure {
  kNote,
  kDegraded,
  kFatal,
  kPlanDecides,  ///< a source failed: make_plan weighs it against the others
};

struct Step {
  std::string_view name;
  Stage stage;
  bool (*is_due)(const StageRun&);  ///< engine/step_conditions.h
  OnFailure on_failure;
  StepResult (*run)(StageRun&);
  std::string_view what;  ///< what it is for, for people
};

/// The table.
[[nodiscard]] std::span<const Step> steps();

}  // namespace azl::provision
