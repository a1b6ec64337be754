// Turns logins by password over SSH on or off, and asks sshd whether that took effect.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"

namespace azl::provision {

/// How sshd is to be configured.
struct SshdWish {
  std::string user = {};                 ///< whose logins are checked; empty: a user nobody has
  std::vector<std::string> groups = {};  ///< groups of this user
  bool password_authentication = false;
  std::string reason = {};  ///< a comment in the drop-in
  bool closing = false;     ///< after a failure: a separate drop-in, until reopen_sshd()
};

/// What ensure_sshd() did, and what sshd says.
struct SshdOutcome {
  bool changed = false;
  bool effective = false;    ///< sshd -T confirms what was wanted
  bool judged = true;        ///< false if sshd could not be asked
  bool accepts_keys = true;  ///< pubkeyauthentication is on and AuthorizedKeysFile includes
                             ///< ~/.ssh/authorized_keys
  std::string refused;       ///< why sshd does not let the user log in by any method; else empty
  std::string exceptions;    ///< if passwords are off: the Match block that allows them to some
                             ///< users, as a sentence; else empty
  std::string why;           ///< what sshd says, as a sentence
};

/// Writes the drop-in (mode 0600, owner root), removes our older ones unless `closing`, and checks
/// the effect with `sshd -T -C user=USER`. If that fails, `sshd -t` tells whether the configuration
/// is at fault. If sshd -t refuses it, restores the earlier drop-ins and returns kSshd.
///
/// Passwords count as off if sshd allows neither passwords nor keyboard-interactive, and as on if
/// it allows passwords. If sshd cannot check (not installed, no host keys, timeout, no mount
/// namespace), the drop-in stays and `judged` is false.
///
/// In a tree, runs the host's sshd with the tree's /etc/ssh bound over its own. Call it when the
/// host keys are in place. Errors then quote only file and line of sshd's messages: a link in the
/// tree may lead to a file of the host.
/// Errors: kSshd; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<SshdOutcome> ensure_sshd(const Root& root, Processes& processes,
                                              const SshdWish& wish, const Deadline& deadline);

/// Removes the closing drop-ins, so that the earlier configuration counts again. Returns whether
/// there were any. Errors: kIo, kReadOnly.
[[nodiscard]] Result<bool> reopen_sshd(const Root& root);

/// Whether the tree has sshd's program or its configuration.
[[nodiscard]] bool has_sshd(const Root& root);

/// Reloads sshd in the live system ("systemctl reload") if ssh.service or sshd.service is active.
/// Does nothing for a socket-activated sshd, which reads its files for each connection. Returns
/// whether sshd was reloaded. Errors: kSshd.
[[nodiscard]] Result<bool> reload_sshd(Processes& processes, const Deadline& deadline);

}  // namespace azl::provision
