// Runs programs: no shell, a cleared environment, a deadline, secrets through stdin only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/secret.h"

namespace azl {

/// A directory that a program sees at another path too, in its own mount namespace.
struct BindMount {
  /// Descriptor of the directory, open until start() has returned. It is not a path, because
  /// somebody could meanwhile make a path lead elsewhere.
  int source;
  std::string target;  ///< absolute path of an existing directory
};

/// Bounds for a program that reads what others wrote. 0: no bound.
struct ProcessLimits {
  std::uint64_t memory = 0;  ///< bytes of address space, RLIMIT_AS
};

/// What to run. Unless argv[0] has a slash, it is looked up in /usr/sbin:/usr/bin:/sbin:/bin.
struct Command {
  std::vector<std::string> argv;
  Secret input = {};                     ///< for stdin, which is /dev/null if this is empty
  std::vector<int> good_statuses = {0};  ///< exit statuses that mean success
  std::vector<BindMount> binds = {};     ///< if any, runs in a private mount namespace with these
  /// Descriptors above 2 that the program inherits under the same numbers, so that an argument may
  /// be "/proc/self/fd/7". They must be open until start() has returned.
  std::vector<int> inherited = {};
  ProcessLimits limits = {};
  /// A file that is stdin in place of `input`, and one that is stdout, so that ProcessOutput::out
  /// stays empty. -1: none. They must be open until start() has returned.
  int input_fd = -1;
  int output_fd = -1;
  std::size_t err_limit = 2048;  ///< how many of the last bytes of stderr are kept
};

/// The results of a program.
struct ProcessOutput {
  int status = 0;        ///< exit status
  std::string out;       ///< stdout, at most 1 MiB
  std::string err_tail;  ///< the last Command::err_limit bytes of stderr
  Duration wall{};       ///< from the start until wait() noticed the end
  Duration cpu{};        ///< user + system, from wait4(2)
};

/// A running program. The destructor kills it if it has not ended.
class Child {
 public:
  virtual ~Child() = default;
  /// Waits for the end. Errors: kTimeout (the program is killed), kToolFailed with the status or
  /// signal and the end of stderr in the message.
  [[nodiscard]] virtual Result<ProcessOutput> wait(const Deadline& deadline) = 0;
};

/// The seam to the programs of the system.
class Processes {
 public:
  virtual ~Processes() = default;
  /// Starts a program. Errors: kToolMissing if there is no such program; kToolFailed or kIo if it
  /// cannot be started.
  [[nodiscard]] virtual Result<std::unique_ptr<Child>> start(const Command& command) = 0;
  /// Starts a program and waits for it.
  [[nodiscard]] Result<ProcessOutput> run(const Command& command, const Deadline& deadline);
};

/// Processes of the kernel (pidfd).
class SystemProcesses final : public Processes {
 public:
  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override;
};

}  // namespace azl
