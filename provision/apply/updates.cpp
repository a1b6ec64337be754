#include "provision/apply/updates.h"

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/accounts/tool.h"
#include "provision/apply/tool_time.h"

namespace azl::provision {
namespace {

Result<void> run_tool(const Context& context, std::vector<std::string> argv) {
  const auto line = "'" + join(argv, " ") + "' failed";
  const auto run =
      context.machine.processes.run({.argv = std::move(argv)}, context.within(kToolTime));
  if (!run) return fail_tool(Reason::kUpdates, Error(run.error()), line);
  return {};
}

Result<bool> write_file(const Root& root, const PlannedFile& file) {
  const auto made = root.make_directory(file.path.substr(0, file.path.rfind('/')));
  if (!made) return fail_tool(Reason::kUpdates, Error(made.error()));
  auto written = root.write(file.path, file.content, {.mode = 0644, .owner = 0, .group = 0});
  if (!written) return fail_tool(Reason::kUpdates, Error(written.error()));
  return written;
}

/// Returns the schedule if systemd accepts it, otherwise an empty one and a finding.
std::string accepted_schedule(const Context& context, const std::string& schedule,
                              Recorder& recorder) {
  if (schedule.empty()) return schedule;
  const auto judged =
      run_tool(context, {"systemd-analyze", "calendar", "--iterations=0", "--", schedule});
  if (judged) return schedule;
  recorder.record_finding(
      Severity::kDegraded,
      Error(Cause::kUpdateSchedule,
            "systemd refuses [Updates] Schedule=" + schedule +
                ", so the distribution's time stays: " + judged.error().to_string()));
  return {};
}

Result<void> enable(const Context& context, const std::vector<std::string>& timers) {
  std::vector<std::string> argv = {"systemctl"};
  if (!context.root().live()) argv.push_back("--root=" + context.root().directory());
  argv.insert(argv.end(), {"--no-ask-password", "enable", "--"});
  argv.insert(argv.end(), timers.begin(), timers.end());
  OR_RETURN(run_tool(context, std::move(argv)));
  if (!context.root().live()) return {};
  // "enable" has had systemd read its files again. A timer that runs already takes the new times
  // when it is restarted.
  argv = {"systemctl", "--no-block", "restart", "--"};
  argv.insert(argv.end(), timers.begin(), timers.end());
  return run_tool(context, std::move(argv));
}

}  // namespace

StepResult enable_updates(const Context& context, const PlannedUpdates& planned,
                          Recorder& recorder) {
  const auto schedule = accepted_schedule(context, planned.schedule, recorder);
  bool changed = OR_RETURN(write_file(context.root(), planned.settings));
  changed |= OR_RETURN(write_file(context.root(), timer_drop_in(planned.timer, schedule)));
  OR_RETURN(enable(context, planned.enabled));
  return done_if(changed, planned.why);
}

}  // namespace azl::provision
