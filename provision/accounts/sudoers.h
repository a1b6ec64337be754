// The user's way to become root by sudo.
#pragma once

#include <string>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// [User] Sudo=: without a password, with it, or no entry.
enum class SudoRule { kNoPassword, kPassword, kNone };

/// The sudoers line of a user. Names that sudoers could take for an alias or a word of its own
/// ([A-Z][A-Z0-9_]*, "Defaults", …) or that need quoting are given as #uid.
[[nodiscard]] std::string sudoers_text(const Account& account, SudoRule rule);
/// Writes /etc/sudoers.d/90-azl-provision (0440, root's) after `visudo -c -f -` took its text;
/// removes it for kNone. Returns whether it changed. Errors: kSudoers; kToolMissing when visudo is
/// not there though /etc/sudoers.d is; without /etc/sudoers.d (no sudo installed) kSudoers too.
[[nodiscard]] Result<bool> ensure_sudoers(const Root& root, Processes& processes,
                                          const Account& account, SudoRule rule,
                                          const Deadline& deadline);

}  // namespace azl::provision
