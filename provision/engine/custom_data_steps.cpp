#include "provision/engine/custom_data_steps.h"

#include <chrono>
#include <cstddef>
#include <string>

#include "provision/custom_data/run/carry_out.h"
#include "provision/custom_data/run/disk_items.h"
#include "provision/custom_data/run/phase.h"
#include "provision/custom_data/run/shutdown.h"
#include "provision/store/disk_wishes.h"
#include "provision/tell/console.h"
#include "provision/tell/service_status.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

/// How long a serial line may take for a password that stands nowhere else.
constexpr auto kConsolePatience = 10s;

/// Tells on the console and by systemctl status how long a program has run, once a minute.
class Progress {
 public:
  Progress(const StageRun& run, std::string name)
      : run_(run), name_(std::move(name)), began_(clock().now()), next_(began_ + 1min) {}

  void update() {
    const auto now = clock().now();
    if (now < next_) return;
    next_ = now + 1min;
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - began_).count();
    const auto text = "custom data: " + name_ + " has run for " + std::to_string(minutes) + " min";
    notify_service_manager("STATUS=" + text);
    // A line that cannot be written is lost: the report of a running stage has the same.
    if (run_.config.report.console) (void)write_to_console("azl-provision: " + text);
  }

 private:
  [[nodiscard]] const Clock& clock() const { return run_.context.machine.clock; }

  const StageRun& run_;
  std::string name_;
  SteadyTime began_;
  SteadyTime next_;
};

StepResult carry_out_group(StageRun& run, const custom_data::ItemGroup& group) {
  Progress progress(run, group.name);
  return custom_data::carry_out(
      run.context, run.custom_data, group, run.recorder, [&progress] { progress.update(); },
      *run.stop_signal);
}

void run_groups(StageRun& run, StepObserver& observer) {
  auto& phase = run.custom_data;
  if (run.context.stage == Stage::kCustomData) custom_data::add_look_for_programs(phase);
  // A group can add others behind itself.
  for (std::size_t i = 0; i < phase.groups.size() && !run.stop_signal->came(); ++i) {
    const auto group = phase.groups[i];
    if (group.looks_for_programs && !custom_data::has_folders(run.context.root())) continue;
    run_step(run, observer,
             {.name = group.name,
              .what = group.what,
              .on_failure = OnFailure::kDegraded,
              .run = [&run, &group] { return carry_out_group(run, group); }});
  }
}

/// Runs stage disks once more if it has left disks alone until custom data has come to its disks.
/// Custom data has none, or setting them up failed.
void set_up_left_disks(StageRun& run, StepObserver& observer) {
  if (run.context.stage != Stage::kCustomDataEarly || run.stop_signal->came() ||
      !run.context.root().live() || !are_disks_undecided(run.context.root()))
    return;
  run_step(run, observer,
           {.name = "disks",
            .what = "set up the disks that were left until now",
            .on_failure = OnFailure::kDegraded,
            .run = [&run]() -> StepResult {
              return done(OR_RETURN(custom_data::run_stage_disks(run.context)));
            }});
}

}  // namespace

custom_data::PrintLine make_printer(const Config& config) {
  if (!config.report.console) return {};
  return [](const std::string& line) {
    return write_to_console("azl-provision: " + line, kConsolePatience);
  };
}

void run_custom_data_steps(StageRun& run, StepObserver& observer) {
  // Until the record is saved.
  run.stop_signal.emplace();
  run.custom_data.primary_link = run.facts.primary_link();
  run.custom_data.print = make_printer(run.config);
  if (run.context.root().live() && run.context.stage == Stage::kCustomData &&
      !run.custom_data.shutdown)
    run.custom_data.shutdown = custom_data::find_kept_shutdown(run.context.root());
  run_groups(run, observer);
  set_up_left_disks(run, observer);
  if (!run.custom_data.has_stored()) return;
  run_step(run, observer,
           {.name = "erase",
            .what = "erase what was carried out",
            .on_failure = OnFailure::kDegraded,
            .run = [&run] { return custom_data::end_phase(run.context, run.custom_data); }});
  // After the items are erased: whatever this does, no later boot does it again.
  if (!run.custom_data.shutdown || run.stop_signal->came()) return;
  const auto& shutdown = *run.custom_data.shutdown;
  run_step(
      run, observer,
      {.name = std::string(to_string(shutdown.mode)),
       .what = custom_data::describe(shutdown),
       .on_failure = OnFailure::kDegraded,
       .run = [&run, &shutdown] { return custom_data::schedule_shutdown(run.context, shutdown); }});
}

}  // namespace azl::provision
