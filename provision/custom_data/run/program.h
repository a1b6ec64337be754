// Runs a program as users expect their programs to run: not in the agent's sandbox, without a time
// limit, with its output in the log.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "provision/custom_data/run/output_log.h"
#include "provision/custom_data/run/stop_signal.h"

namespace azl::provision::custom_data {

/// What to run.
struct Program {
  std::vector<std::string> argv;              ///< argv[0] is the path of the program
  std::vector<std::string> environment = {};  ///< "NAME=value", in addition
  bool quiet = false;                         ///< its output is thrown away
};

/// How a program ended.
struct ProgramEnd {
  int status = 0;        ///< exit status
  int signal = 0;        ///< the signal that killed it; 0: none
  bool running = false;  ///< it did not end: systemd stops the agent, as at a shutdown

  [[nodiscard]] bool is_good() const { return status == 0 && signal == 0 && !running; }
};
/// "ended with exit status 3", "was killed by SIGTERM".
[[nodiscard]] std::string describe_end(const ProgramEnd& end);

/// Called while a program runs: when it has written something, and at least once a minute.
using WhileRunning = std::function<void()>;

struct ProgramRun {
  std::string instance_id = {};
  /// Called when everything is prepared. If it fails, the program is not started. May be empty.
  std::function<Result<void>()> before_start = {};
  WhileRunning while_running;
  StopSignal& stop;
};

/// Runs a program and waits for its end. Environment: that of a service, HOME=/root, INSTANCE_ID
/// and the program's, without what systemd passes to the agent alone. Working directory /, umask
/// 022, empty standard input, output to `log`. Processes that the program leaves behind go on.
///
/// Errors: kCustomData with the errno if the program cannot be started; those of before_start.
[[nodiscard]] Result<ProgramEnd> run_to_end(const Program& program, OutputLog& log,
                                            const ProgramRun& run);

}  // namespace azl::provision::custom_data
