#include "provision/engine/custom_data_steps.h"

#include <chrono>
#include <string>

#include "provision/custom_data/run/phase.h"
#include "provision/custom_data/run/reboot.h"
#include "provision/tell/console.h"
#include "provision/tell/service_status.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

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

}  // namespace

void run_custom_data_steps(StageRun& run, StepObserver& observer) {
  // Until the record is saved.
  run.stop_signal.emplace();
  for (const auto& group : run.custom_data.groups) {
    if (run.stop_signal->came()) break;
    run_step(run, observer,
             {.name = group.name,
              .what = group.what,
              .on_failure = OnFailure::kDegraded,
              .run = [&run, &group] { return carry_out_group(run, group); }});
  }
  if (!run.custom_data.has_stored()) return;
  run_step(run, observer,
           {.name = "erase",
            .what = "erase what was carried out",
            .on_failure = OnFailure::kDegraded,
            .run = [&run] { return custom_data::end_phase(run.context, run.custom_data); }});
  if (!run.custom_data.reboot_required || run.stop_signal->came()) return;
  run_step(run, observer,
           {.name = "reboot",
            .what = "reboot in a minute, as the packages require",
            .on_failure = OnFailure::kDegraded,
            .run = [&run] { return custom_data::schedule_reboot(run.context); }});
}

}  // namespace azl::provision
