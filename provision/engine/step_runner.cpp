#include "provision/engine/step_runner.h"

#include <exception>
#include <string>
#include <utility>

#include "base/log.h"
#include "provision/custom_data/run/phase.h"
#include "provision/engine/custom_data_steps.h"
#include "provision/engine/step_table.h"

namespace azl::provision {
namespace {

void fail_step(OnFailure on_failure, Error error, StepRecord& record, StageRun& run) {
  record.outcome = StepOutcome::kFailed;
  record.why = error.to_string();
  switch (on_failure) {
    case OnFailure::kPlanDecides:
      return;  // the plan's findings say what it means
    case OnFailure::kNote:
      return run.recorder.record_finding(Severity::kNote, error);
    case OnFailure::kDegraded:
      return run.recorder.record_finding(Severity::kDegraded, error);
    case OnFailure::kFatal:
      return run.fail(std::move(error));
  }
}

/// A library that throws although its documentation says that it does not must not cost the rest of
/// the boot.
StepResult run_guarded(const StepToRun& step) {
  try {
    return step.run();
  } catch (const std::exception& exception) {
    return fail(Reason::kUnexpected, std::string("an exception: ") + exception.what());
  }
}

/// Has what a step writes collected. What the items of custom data write is the user's, so only
/// the steps of the table run under it.
class Collected {
 public:
  Collected(StageRun& run, std::string_view step) : root_(run.context.root()) {
    run.written.enter(step);
    root_.set_observer(&run.written);
  }
  ~Collected() { root_.set_observer(nullptr); }
  Collected(const Collected&) = delete;
  Collected& operator=(const Collected&) = delete;

 private:
  const Root& root_;
};

}  // namespace

Duration end_of(const StageRecord& record) {
  if (record.steps.empty()) return {};
  return Duration(record.steps.back().start_us + record.steps.back().took_us);
}

void run_step(StageRun& run, StepObserver& observer, const StepToRun& step) {
  auto& clock = run.context.machine.clock;
  auto& records = run.record.steps;
  const auto start = clock.now();
  records.push_back({.name = step.name,
                     .what = step.what,
                     .why = {},
                     .start_us = start.time_since_epoch().count() - run.record.began_us,
                     .tools = {}});
  const auto index = records.size() - 1;
  run.recorder.enter(step.name);
  observer.on_begin(records[index]);
  AZL_LOG(kProvision, kInfo, step.name + ": begins: " + step.what);
  auto result = run_guarded(step);
  auto& record = records[index];
  record.took_us = (clock.now() - start).count();
  run.recorder.record_end_of_wait();
  record.last_error.clear();
  if (result) {
    record.outcome = result->outcome;
    record.why = std::move(result->why);
  } else {
    fail_step(step.on_failure, std::move(result.error()), record, run);
  }
  AZL_LOG(kProvision, kInfo,
          record.name + ": " + std::string(to_string(record.outcome)) + ": " + record.why);
  observer.on_end(record);
}

void run_steps(StageRun& run, StepObserver& observer) {
  const auto began = run.context.machine.clock.now() - end_of(run.record);
  run.record.began_us = began.time_since_epoch().count();
  for (const auto& step : steps()) {
    if (step.stage != run.context.stage || !step.is_due(run)) continue;
    run_step(run, observer,
             {.name = std::string(step.name),
              .what = std::string(step.what),
              .on_failure = step.on_failure,
              .run = [&run, &step] {
                const Collected collected(run, step.name);
                return step.run(run);
              }});
  }
  if (custom_data::phase_of(run.context.stage)) run_custom_data_steps(run, observer);
}

}  // namespace azl::provision
