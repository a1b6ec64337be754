// Puts keys into a user's ~/.ssh/authorized_keys without following anything that the user, or an
// image, may have planted.
#pragma once

#include <span>

#include "base/root.h"
#include "provision/accounts/account.h"
#include "provision/accounts/ssh_key.h"

namespace azl::provision {

/// Opens the home as a root of its own, as that user (fsuid): .ssh 0700, authorized_keys 0600,
/// written atomically; what is there is kept. A home that others may write to loses just that
/// permission, since sshd's StrictModes would ignore the keys in it. Returns whether anything
/// changed. Errors: kUser when the home is not a directory that the user owns, or .ssh or
/// authorized_keys is a symbolic link, of another kind, or of somebody else's; kInvalidInput when
/// authorized_keys has more than 4 MiB; kIo, kDiskFull, kReadOnly. An error from below the home
/// says as whom it was met: the user's own permissions count there, root's do not.
[[nodiscard]] Result<bool> install_keys(const Root& root, const Account& account,
                                        std::span<const SshKey> keys);

}  // namespace azl::provision
