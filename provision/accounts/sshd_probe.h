// Runs sshd -T and sshd -t on the configuration of the live system or of a tree.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/sshd_files.h"

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

/// Runs sshd. In a tree it runs the host's sshd on a copy of the tree's /etc/ssh, which a mount
/// namespace puts over the host's, with bounded time and memory.
class SshdProbe {
 public:
  /// All three must outlive this object.
  SshdProbe(const Root& root, Processes& processes, const Deadline& deadline)
      : root_(root), processes_(processes), deadline_(deadline) {}

  /// Runs sshd with these options. A non-zero exit status of sshd is not an error. Errors:
  /// kToolMissing, kToolFailed, kTimeout; in a tree also those of SshdFiles::copy(), kDiskFull,
  /// kReadOnly.
  [[nodiscard]] Result<ProcessOutput> run(const std::vector<std::string>& options);
  /// Runs sshd -t.
  [[nodiscard]] SshdVerdict check();
  /// Returns sshd's error messages in one line. In a tree, returns only file, line and keyword of
  /// each, the keyword as read from the tree: sshd may have read a file of the host, whose text
  /// must not be reported.
  [[nodiscard]] std::string describe_failure(const ProcessOutput& output) const;

 private:
  Result<ProcessOutput> run_once(const std::vector<std::string>& options);
  Result<ProcessOutput> run_in_tree(Command command);
  [[nodiscard]] std::string describe_in_tree(std::string_view message) const;

  const Root& root_;
  Processes& processes_;
  const Deadline& deadline_;
  SshdFiles files_;  ///< of the last run in a tree
};

}  // namespace azl::provision
