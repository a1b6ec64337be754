#include "provision/engine/run_data.h"

#include <string>
#include <utility>

namespace azl::provision {

StageRun::StageRun(const Machine& machine, RunStart start)
    : config(std::move(start.config)),
      identity(std::move(start.identity)),
      record(std::move(start.record)),
      recorder(record),
      processes(machine.processes, recorder),
      http(machine.http, recorder),
      context{.machine = {machine.root, machine.clock, processes, http},
              .stage = start.stage,
              .config = config,
              .identity = identity,
              .resumed = start.resumed} {
  facts.identity = identity;
}

void StageRun::fail(Error error) {
  if (progress.failure) return recorder.record_finding(Severity::kDegraded, error);
  recorder.record_finding(Severity::kFatal, error);
  if (!progress.decided) {
    plan = refused_plan(facts, config, error);
    record.course = to_string(plan.course);
    record.course_why = plan.course_why;
    progress.decided = true;
  }
  progress.failure = std::move(error);
}

void StageRun::save_written() {
  // The file itself is not to be collected.
  context.root().set_observer(nullptr);
  const auto& root = context.root();
  const auto note = [&](const Result<void>& done) {
    if (!done) recorder.record_finding(Severity::kNote, done.error());
  };
  // Only while the VM is being provisioned: later boots have nothing to tidy.
  if (!state.provisioned) note(remove_unfinished_written_files(root));
  note(written.save(root));
}

}  // namespace azl::provision
