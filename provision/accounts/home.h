// A user's home directory.
#pragma once

#include "base/root.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// Makes sure that there is a home of the user's own, with what /etc/skel holds where it is a new
/// one. `created`: the account is new. A home that root owns, as an interrupted run or an image
/// leaves it, is given to the user; another user's is refused. In a tree it is labelled. Errors:
/// kUser, kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<void> ensure_home(const Root& root, const Account& account, bool created);

}  // namespace azl::provision
