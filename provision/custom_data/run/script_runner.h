// Runs a user's program, as the user expects it to run: not in the agent's sandbox, and without a
// time limit.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/output_log.h"
#include "provision/custom_data/run/stop_signal.h"

namespace azl::provision::custom_data {

/// How a program ended.
struct ScriptEnd {
  int status = 0;        ///< exit status
  int signal = 0;        ///< the signal that killed it; 0: none
  bool running = false;  ///< it did not end: systemd stops the agent, as at a shutdown
};

/// Called while a program runs: when it has written something, and at least once a minute.
using WhileRunning = std::function<void()>;

struct ScriptRun {
  std::string instance_id = {};
  /// Called when everything is prepared. If it fails, the program is not started.
  std::function<Result<void>()> before_start;
  WhileRunning while_running;
  StopSignal& stop;
};

/// Runs a script in the live system and waits for its end. Environment: that of a service,
/// HOME=/root and INSTANCE_ID, without what systemd passes to the agent alone. Working directory /,
/// umask 022, empty standard input, output to `log`. The script's file has mode 0700 and is removed
/// afterwards. If the file system of kScriptDirectory forbids execution, the interpreter of the
/// "#!" line is run with the file. Processes that the script leaves behind go on.
///
/// Errors: kCustomData if the script cannot be started; kIo, kDiskFull, kReadOnly if its file
/// cannot be written; those of before_start.
[[nodiscard]] Result<ScriptEnd> run_script(const Root& root, const RunScript& script,
                                           OutputLog& log, const ScriptRun& run);

}  // namespace azl::provision::custom_data
