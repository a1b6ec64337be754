// The account databases of a tree, and the tools that change them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "base/secret.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// The tools that change accounts, let at one tree.
class AccountTools {
 public:
  /// All outlive it.
  AccountTools(const Root& root, Processes& processes, const Deadline& deadline)
      : root_(root), processes_(processes), deadline_(deadline) {}

  /// Runs one, with its chroot option in a tree. Never --prefix: that follows absolute links of the
  /// tree into the running system. Errors: `reason` with the tool's words; kToolMissing, kTimeout;
  /// kDiskFull where there was no room for its work.
  [[nodiscard]] Result<void> run(std::vector<std::string> argv, Reason reason,
                                 Secret input = {}) const;

 private:
  const Root& root_;
  Processes& processes_;
  const Deadline& deadline_;
};

/// Labels what the tools have written in a tree; in the live system they do it themselves.
[[nodiscard]] Result<void> relabel_databases(const Root& root);

/// Removes what a power failure has left beside the databases, its locks above all. shadow-utils
/// takes one for stale when the process in it is gone; but after a reboot that number may be
/// another process's, and a file whose content never reached the disk names none ("existing lock
/// file without a PID"): then no tool ever works again. Each of them holds lckpwdf's lock, which
/// ends with its process, as long as it has lock files. So whoever gets that lock knows that the
/// files are nobody's. Errors: kIo.
[[nodiscard]] Result<void> remove_stale_locks(const Root& root);

/// The password field of a user: of shadow, or of passwd where that says so itself. Empty when
/// there is no entry. Errors: kIo, kInvalidInput.
[[nodiscard]] Result<std::optional<Secret>> password_field(const Root& root, std::string_view user);

}  // namespace azl::provision
