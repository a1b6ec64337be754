// Runs the steps of a stage.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "provision/engine/run_data.h"
#include "provision/engine/step_table.h"
#include "provision/record/record.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Told as steps begin and end.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void on_begin(const StepRecord& step) = 0;
  virtual void on_end(const StepRecord& step) = 0;
};

/// One step that is due.
struct StepToRun {
  std::string name;
  std::string what;  ///< what it is for, for people
  OnFailure on_failure = OnFailure::kDegraded;
  std::function<StepResult()> run;
};

/// Runs one step. It leaves its record after those of the steps before it.
void run_step(StageRun& run, StepObserver& observer, const StepToRun& step);

/// How long after the stage's beginning its last step ended; 0 if none has.
[[nodiscard]] Duration end_of(const StageRecord& record);

/// Runs the stage's due steps in the order of the table. Each leaves its record, after those of a
/// run that was killed.
void run_steps(StageRun& run, StepObserver& observer);

}  // namespace azl::provision
