// Programs run by argv: no shell, a cleared environment, a deadline, secrets by stdin only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/secret.h"

namespace azl {

/// A directory shown to a program at another place, in a mount namespace of its own.
struct BindMount {
  std::string source;  ///< absolute path
  std::string target;  ///< absolute path of an existing directory
};

/// What to run. argv[0] is looked up in /usr/sbin:/usr/bin:/sbin:/bin unless it has a slash.
struct Command {
  std::vector<std::string> argv;
  Secret input = {};                     ///< fed to stdin, which is /dev/null when empty
  std::vector<int> good_statuses = {0};  ///< exit statuses that are no error
  std::vector<BindMount> binds =
      {};  ///< not empty: it runs in a private mount namespace that has these
};

/// What a program left behind.
struct ProcessOutput {
  int status = 0;        ///< exit status
  std::string out;       ///< stdout, at most 1 MiB
  std::string err_tail;  ///< the last 2 KiB of stderr
  Duration wall{};       ///< from start until wait() saw the end
  Duration cpu{};        ///< user + system, from wait4(2)
};

/// A program that runs. Destroying it before it ended kills it and waits for it.
class Child {
 public:
  virtual ~Child() = default;
  /// Waits for the end. Errors: kTimeout (it is killed), kToolFailed with the status or signal and
  /// the tail of stderr in the message.
  [[nodiscard]] virtual Result<ProcessOutput> wait(const Deadline& deadline) = 0;
};

/// The seam to the system's programs.
class Processes {
 public:
  virtual ~Processes() = default;
  /// Starts it. Errors: kToolMissing when there is no such program.
  [[nodiscard]] virtual Result<std::unique_ptr<Child>> start(const Command& command) = 0;
  /// Starts and waits.
  [[nodiscard]] Result<ProcessOutput> run(const Command& command, const Deadline& deadline);
};

/// The kernel's processes (pidfd, PATH as above).
class SystemProcesses final : public Processes {
 public:
  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override;
};

}  // namespace azl
