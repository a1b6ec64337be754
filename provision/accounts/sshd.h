// sshd's answer to "may a password log in", and a drop-in that decides it.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/sshd_config.h"

namespace azl::provision {

/// What sshd is to be told.
struct SshdWish {
  std::string user = {};                 ///< whose logins are judged; empty: one that nobody has
  std::vector<std::string> groups = {};  ///< that this user is in
  bool password_authentication = false;
  std::string reason = {};  ///< a comment in the drop-in
  bool closing = false;     ///< after a failure: by a drop-in of its own, until reopen_sshd()
};

/// What became of it.
struct SshdOutcome {
  bool changed = false;
  bool effective = false;  ///< sshd -T says what was wanted
  bool judged = true;      ///< false: there is no sshd that could be asked
  bool accepts_keys =
      true;                ///< pubkeyauthentication, and ~/.ssh/authorized_keys is among the files
  std::string refused;     ///< why sshd lets the user in by no means; empty: it does not refuse
  std::string exceptions;  ///< where passwords are to be off: who may use one all the same, by
                           ///< which Match block; empty: nobody
  std::string why;         ///< the judgement as a sentence
};

/// Writes the drop-in (0600, root's) and has `sshd -T -C user=USER` check and judge it; where that
/// fails, `sshd -t` says whether it is the configuration's fault.
/// Passwords are off when sshd allows neither passwords nor keyboard-interactive, and on when it
/// allows passwords; an empty USER is one that nobody has. Refused by sshd -t: what was there
/// before is restored and kSshd returned. Older drop-ins of ours are removed, but when closing.
/// Where sshd cannot tell (no program, no host keys, a timeout, no mount namespace), the drop-in
/// stays and `judged` is false.
///
/// In a tree the host's sshd judges it, with the tree's /etc/ssh bound over its own: call this when
/// the host keys are in place. Its words about the tree's files are then left out of errors but for
/// file and line, since a link in there may lead to a file of the host.
/// Errors: kSshd; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<SshdOutcome> ensure_sshd(const Root& root, Processes& processes,
                                              const SshdWish& wish, const Deadline& deadline);

/// Takes back what closed the machine after a failure: what sshd was told before counts again.
/// Returns whether anything did. Errors: kIo, kReadOnly.
[[nodiscard]] Result<bool> reopen_sshd(const Root& root);

/// Whether the tree has an sshd at all (its program or its configuration).
[[nodiscard]] bool has_sshd(const Root& root);

/// Live only: reloads sshd if it runs ("systemctl reload" of the unit that is active among
/// ssh.service, sshd.service); does nothing for a socket-activated one, which reads its files for
/// each connection. Returns whether it was reloaded. Errors: kSshd.
[[nodiscard]] Result<bool> reload_sshd(Processes& processes, const Deadline& deadline);

}  // namespace azl::provision
