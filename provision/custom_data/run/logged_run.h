// Runs a program with lines before and after its output in the log.
#pragma once

#include <functional>
#include <string>

#include "provision/custom_data/run/output_log.h"
#include "provision/custom_data/run/program.h"
#include "provision/step/context.h"

namespace azl::provision::custom_data {

struct LoggedRun {
  const Context& context;
  std::string name;                     ///< of the item, for the lines
  std::function<Result<void>()> begin;  ///< called before the program is started
  const WhileRunning& while_running;
  StopSignal& stop;
};

using StartProgram = std::function<Result<ProgramEnd>(OutputLog& log, const ProgramRun& run)>;

/// Opens the log and calls `start`. The lines are "== TIME azl-provision: NAME begins" and
/// "== TIME azl-provision: NAME: it ended with exit status 0". Errors: those of `start`; kIo,
/// kDiskFull, kReadOnly if there can be no log.
[[nodiscard]] Result<ProgramEnd> run_logged(const LoggedRun& run, const StartProgram& start);

/// "it ended with exit status 0".
[[nodiscard]] std::string describe_logged_end(const ProgramEnd& end);

}  // namespace azl::provision::custom_data
