#include "provision/custom_data/run/logged_run.h"

#include "imds/identity.h"

namespace azl::provision::custom_data {

Result<ProgramEnd> run_logged(const LoggedRun& run, const StartProgram& start) {
  const auto& context = run.context;
  auto log = OR_RETURN(OutputLog::open(context.root()), "opening " + std::string(kOutputLog));
  const auto tell = [&](const std::string& what) {
    log.tell(context.machine.clock.wall(), run.name + what);
  };
  const auto begin = [&]() -> Result<void> {
    OR_RETURN(run.begin());
    tell(" begins");
    return {};
  };
  auto end = start(log, {.instance_id = imds::instance_id(context.identity),
                         .before_start = begin,
                         .while_running = run.while_running,
                         .stop = run.stop});
  tell(": " + (end ? describe_logged_end(*end) : end.error().to_string()));
  return end;
}

std::string describe_logged_end(const ProgramEnd& end) {
  return "it " + describe_end(end) + (end.running ? "; it is not begun again" : "");
}

}  // namespace azl::provision::custom_data
