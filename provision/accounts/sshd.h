// sshd's answer to "may a password log in", and a drop-in that decides it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/process.h"
#include "base/root.h"

namespace azl::provision {

inline constexpr std::string_view kSshdConfig = "/etc/ssh/sshd_config";
inline constexpr std::string_view kSshdDropInDirectory = "/etc/ssh/sshd_config.d";

/// What sshd would do for one user, from `sshd -T -C user=…`.
struct SshdAnswer {
  bool password = false;                           ///< passwordauthentication
  bool keyboard_interactive = false;               ///< kbdinteractiveauthentication
  bool public_key = true;                          ///< pubkeyauthentication
  std::vector<std::string> authorized_keys_files;  ///< as written, with %h and %u in them
};
/// Parses sshd -T's output: any bytes.
[[nodiscard]] SshdAnswer parse_sshd_answer(std::string_view text);

/// The drop-in's text. `reason` is a comment in it.
[[nodiscard]] std::string sshd_drop_in(bool password_authentication, std::string_view reason);
/// The name whose file sshd reads before all of `present` (sshd takes the first value it reads):
/// "00-azl-provision.conf", or "+00-azl-provision.conf" where another name sorts before that.
[[nodiscard]] std::string sshd_drop_in_name(const std::vector<std::string>& present);
/// Why sshd does not do what the drop-in says, from its main file: no Include of the drop-in
/// directory, an Include that comes after the keyword or inside a Match block, or a Match block
/// that sets it. A sentence; empty when the main file shows no reason.
[[nodiscard]] std::string why_not_effective(std::string_view main_file);

/// What became of it.
struct SshdOutcome {
  bool changed = false;
  bool effective = false;  ///< sshd -T says what was wanted
  bool judged = true;      ///< false: there is no sshd that could be asked
  bool accepts_keys =
      true;         ///< pubkeyauthentication, and ~/.ssh/authorized_keys is among the files
  std::string why;  ///< the judgement as a sentence
};

/// Writes the drop-in (0600, root's), has `sshd -t` check it and `sshd -T -C user=USER` judge it.
/// Passwords are off when sshd allows neither passwords nor keyboard-interactive, and on when it
/// allows passwords; an empty USER is one that nobody has. Refused by sshd -t: what was there
/// before is restored and kSshd returned. An older drop-in of ours under the other name is removed.
/// Where sshd cannot tell (no program, no host keys, a timeout, no mount namespace), the drop-in
/// stays and `judged` is false.
///
/// In a tree the host's sshd judges it, with the tree's /etc/ssh bound over its own: call this when
/// the host keys are in place. Its words about the tree's files are then left out of errors but for
/// file and line, since a link in there may lead to a file of the host.
/// Errors: kSshd; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<SshdOutcome> ensure_sshd(const Root& root, Processes& processes,
                                              const std::string& user, bool password_authentication,
                                              std::string_view reason, const Deadline& deadline);

/// Whether the tree has an sshd at all (its program or its configuration).
[[nodiscard]] bool has_sshd(const Root& root);

/// Live only: reloads sshd if it runs ("systemctl reload" of the unit that is active among
/// ssh.service, sshd.service); does nothing for a socket-activated one, which reads its files for
/// each connection. Returns whether it was reloaded. Errors: kSshd.
[[nodiscard]] Result<bool> reload_sshd(Processes& processes, const Deadline& deadline);

}  // namespace azl::provision
