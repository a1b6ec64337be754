// Runs sshd -T and sshd -t on the configuration of the live system or of a tree.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

/// What sshd -t says about the configuration.
struct SshdVerdict {
  enum class Kind {
    kGood,
    kRefused,
    kUnknown  ///< sshd could not check it, for a reason that no drop-in causes
  } kind;
  std::string why;  ///< sshd's messages; empty if good
};

/// Runs sshd. In a tree it runs the host's sshd, with the tree's /etc/ssh bound over its own.
class SshdProbe {
 public:
  /// All three must outlive this object.
  SshdProbe(const Root& root, Processes& processes, const Deadline& deadline)
      : root_(root), processes_(processes), deadline_(deadline) {}

  /// Prepares the bind mounts for a tree. Call it before run(). Errors: kIo, kDiskFull, kReadOnly.
  [[nodiscard]] Result<void> prepare();
  /// Runs sshd with these options. A non-zero exit status of sshd is not an error. Errors:
  /// kToolMissing, kToolFailed, kTimeout, kIo.
  [[nodiscard]] Result<ProcessOutput> run(const std::vector<std::string>& options);
  /// Runs sshd -t.
  [[nodiscard]] SshdVerdict check();
  /// Returns sshd's error messages in one line. In a tree, returns only file and line of each: a
  /// link in the tree may lead to a file of the host, whose text must not be reported.
  [[nodiscard]] std::string describe_failure(const ProcessOutput& output) const;

 private:
  Result<ProcessOutput> run_once(const std::vector<std::string>& options);

  const Root& root_;
  Processes& processes_;
  const Deadline& deadline_;
  std::optional<Staging> staging_;
  std::vector<BindMount> binds_;
};

}  // namespace azl::provision
