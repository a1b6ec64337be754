// Runs the steps of a stage.
#pragma once

#include "base/clock.h"
#include "provision/engine/run_data.h"
#include "provision/record/record.h"

namespace azl::provision {

/// Told as steps begin and end.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void on_begin(const StepRecord& step) = 0;
  virtual void on_end(const StepRecord& step) = 0;
};

/// How long after the stage's beginning its last step ended; 0 if none has.
[[nodiscard]] Duration end_of(const StageRecord& record);

/// Runs the stage's due steps in the order of the table. Each leaves its record, after those of a
/// run that was killed.
void run_steps(StageRun& run, StepObserver& observer);

}  // namespace azl::provision
