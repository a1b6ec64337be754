// A user's home directory.
#pragma once

#include "base/root.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// Makes the home directory of an account if it is missing. Copies /etc/skel to a home that is new
/// or empty, or if `created` says that the account is new. Gives a home that root owns, as an
/// interrupted run or an image leaves it, to the user. Sets SELinux labels in a tree. Errors:
/// kUser, also if the home belongs to another user; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<void> ensure_home(const Root& root, const Account& account, bool created);

}  // namespace azl::provision
