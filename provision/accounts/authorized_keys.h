// Adds keys to a user's ~/.ssh/authorized_keys. Follows no link that the user or the image planted.
#pragma once

#include <span>

#include "base/root.h"
#include "provision/accounts/account.h"
#include "provision/accounts/ssh_key.h"

namespace azl::provision {

/// Adds the keys and keeps what is there. Opens the home as a Root of its own and works with the
/// user's fsuid and fsgid. Writes authorized_keys atomically, with mode 0600, in .ssh with mode
/// 0700. Removes the write permission of group and others from the home, because sshd's StrictModes
/// would ignore its keys. Returns whether anything changed.
/// Errors: kUser if the home is not a directory owned by the user, or if .ssh or authorized_keys is
/// a symbolic link, of another type, or owned by someone else; kInvalidInput if authorized_keys is
/// larger than 4 MiB; kIo, kDiskFull, kReadOnly. The error names the user, because the user's
/// permissions apply below the home, not root's.
[[nodiscard]] Result<bool> install_keys(const Root& root, const Account& account,
                                        std::span<const SshKey> keys);

}  // namespace azl::provision
