#include "provision/cli/run.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/text.h"
#include "provision/cli/output.h"

namespace azl::provision {
namespace {

/// Prints a line for each finished step and, on a terminal, what is being waited for.
class TerminalProgress final : public StepObserver {
 public:
  void on_begin(const StepRecord& step) override {
    if (terminal_)
      std::fprintf(stderr, "\r\033[K           %s: %s ...", step.name.c_str(),
                   printable_line(step.what).c_str());
  }
  void on_end(const StepRecord& step) override {
    if (journal_) return;
    std::fprintf(stderr, "%s%8.1f ms  %-12s %s: %s\n", terminal_ ? "\r\033[K" : "",
                 static_cast<double>(step.took_us) / 1000.0, step.name.c_str(),
                 std::string(to_string(step.outcome)).c_str(), printable_line(step.why).c_str());
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  /// stderr is the journal, which has each step already, with fields. systemd.exec(5)
  bool journal_ = std::getenv("JOURNAL_STREAM") != nullptr;
};

/// Whether ExecStopPost= runs stage close after a main stage that was not killed. A person who
/// closes a machine by hand has no SERVICE_RESULT.
bool has_nothing_to_close(const RunOptions& options) {
  const char* result = std::getenv("SERVICE_RESULT");
  const char* status = std::getenv("EXIT_STATUS");
  return options.stages == std::vector{Stage::kClose} && result != nullptr &&
         ended_by_itself(result, status == nullptr ? "" : status);
}

}  // namespace

int run_command(const RunOptions& options) {
  if (has_nothing_to_close(options)) return kExitDone;
  SystemMachine machine;
  TerminalProgress progress;
  return run(options, machine.clock, machine.processes, *machine.http, progress);
}

}  // namespace azl::provision
