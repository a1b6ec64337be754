// The account databases of a tree (passwd, shadow, …) and the tools that change them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/process.h"
#include "base/root.h"
#include "base/secret.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// Runs shadow-utils on one tree.
class AccountTools {
 public:
  /// All three must outlive this object.
  AccountTools(const Root& root, Processes& processes, const Deadline& deadline)
      : root_(root), processes_(processes), deadline_(deadline) {}

  /// Runs one tool; in a tree, with its chroot option -R. Never uses --prefix, which follows
  /// absolute links of the tree into the running system. Errors: `reason` with the tool's message;
  /// kDiskFull if /etc has no space left.
  [[nodiscard]] Result<void> run(std::vector<std::string> argv, Reason reason,
                                 Secret input = {}) const;

 private:
  const Root& root_;
  Processes& processes_;
  const Deadline& deadline_;
};

/// Sets the SELinux labels of the databases in a tree. In the live system the tools do this.
[[nodiscard]] Result<void> relabel_databases(const Root& root);

/// Takes the lock of lckpwdf(3), which all of shadow-utils respect, and holds it until the
/// descriptor is closed. Waits until `deadline` for another process that holds it. Errors:
/// kTimeout; kIo, also if /etc/.pwd.lock is not a regular file.
[[nodiscard]] Result<UniqueFd> lock_databases(const Root& root, const Deadline& deadline);

/// Removes the lock and temporary files that a power failure left beside the databases.
/// shadow-utils treats a lock file as stale if the process that it names is gone. After a reboot,
/// another process may have that number, and a file whose content never reached the disk names no
/// process ("existing lock file without a PID"); then every tool fails for good. A tool holds the
/// lock of lckpwdf(3) as long as it has lock files, and the kernel releases that lock with the
/// process. So the files are stale if we can take the lock. Errors: kIo, also if /etc/.pwd.lock is
/// not a regular file, for which every tool would wait.
[[nodiscard]] Result<void> remove_stale_locks(const Root& root);

/// Returns a user's password field from shadow, or from passwd if shadow has no entry and the field
/// in passwd is not "x". Returns nullopt if there is neither. Errors: kIo, kInvalidInput.
[[nodiscard]] Result<std::optional<Secret>> password_field(const Root& root, std::string_view user);

}  // namespace azl::provision
