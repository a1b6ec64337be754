// Adds keys to a file from which sshd reads a user's keys. Follows no link that the user or the
// image planted.
#pragma once

#include <span>
#include <vector>

#include "base/root.h"
#include "provision/accounts/account.h"
#include "provision/accounts/keys_file.h"
#include "provision/accounts/ssh_key.h"

namespace azl::provision {

/// Adds the keys to `file` and keeps what is there. Writes it atomically. Returns whether anything
/// changed. sshd's StrictModes accepts what is written.
///
/// In the home: opens the home as a Root of its own and works with the user's fsuid and fsgid. The
/// file gets mode 0600, and ~/.ssh mode 0700. Removes the write permission of group and others from
/// the home and from the directories below it on the way to the file.
///
/// Outside the home: works as root. The file gets owner root and mode 0644, because sshd reads it
/// as the user; a file of the user's keeps its owner. Makes missing directories with mode 0755.
/// Each directory on the way must be root's, writable by root only, and open to the user.
///
/// Errors: kUser if the home is not a directory owned by the user, if a directory does not meet
/// these conditions, or if the file or a directory is a symbolic link, of another type, or owned by
/// someone else; kInvalidInput if the file is larger than 4 MiB; kIo, kDiskFull, kReadOnly. The
/// error names the user, because the user's permissions apply below the home, not root's.
[[nodiscard]] Result<bool> install_keys(const Root& root, const Account& account,
                                        std::span<const SshKey> keys, const KeysFile& file);

/// Returns the keys in `file` that have no options and that parse_ssh_key() accepts; none if there
/// is no such file. Reads a file in the home as the user, and follows no link. Errors: kUser if the
/// file is a symbolic link; kInvalidInput if it is larger than 4 MiB; kIo.
[[nodiscard]] Result<std::vector<SshKey>> read_keys(const Root& root, const Account& account,
                                                    const KeysFile& file);

}  // namespace azl::provision
