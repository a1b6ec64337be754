// Turns logins by password over SSH on or off, and asks sshd whether that took effect.
#pragma once

#include <optional>
#include <string>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/sshd_config.h"

namespace azl::provision {

/// Asks sshd what it does for a user: `sshd -T -C user=USER`, for a client outside. Call it when
/// the host keys are in place and the user exists. In a tree, runs the host's sshd on a copy of
/// the tree's files (SshdFiles); it knows the host's groups, not the tree's.
/// Errors: kSshd if sshd could not be run or refuses its configuration. In a tree they quote only
/// file and line of sshd's messages: a link in the tree may lead to a file of the host.
[[nodiscard]] Result<SshdAnswer> ask_sshd(const Root& root, Processes& processes,
                                          const std::string& user, const Deadline& deadline);

/// How sshd is to be configured.
struct SshdWish {
  std::string user = {};  ///< whose logins are checked; empty: a user nobody has
  bool password_authentication = false;
  std::string reason = {};  ///< a comment in the drop-in
  bool closing = false;     ///< after a failure: a separate drop-in, until reopen_sshd()
  std::optional<SshdAnswer> answer = {};  ///< what ask_sshd() returned, if it was called
};

/// What ensure_sshd() did, and what sshd says.
struct SshdOutcome {
  bool changed = false;
  bool effective = false;       ///< sshd -T confirms what was wanted
  bool judged = true;           ///< false if sshd could not be asked
  std::string exceptions = {};  ///< if passwords are off: the Match block that allows them to some
                                ///< users, as a sentence; else empty
  std::string fixed = {};       ///< the line that keeps passwords off after the portal's "Reset
                                ///< password", as a sentence; empty if no line does
  std::string why = {};         ///< what sshd says, as a sentence
};

/// Makes sshd accept or refuse passwords. Never changes /etc/ssh/sshd_config.
///   1. Removes our drop-ins with names of our own. Writes nothing if sshd does what is wanted.
///   2. Writes 50-cloud-init.conf, unless that is somebody else's, and asks sshd.
///   3. If that has no effect, writes the drop-in that sorts first instead, and asks sshd.
/// If `closing`, or if sshd cannot be asked, takes only step 3, which does not touch files of
/// others. Does nothing if an earlier run took step 3.
///
/// Drop-ins have mode 0600 and owner root. If `sshd -T` fails, `sshd -t` tells whether the
/// configuration is at fault. If it is, restores the earlier drop-ins and returns kSshd.
///
/// Passwords count as off if sshd allows neither passwords nor keyboard-interactive, and as on if
/// it allows passwords. If sshd cannot check (not installed, no host keys, timeout, no mount
/// namespace), the drop-in stays and `judged` is false. Runs sshd as ask_sshd() does.
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
