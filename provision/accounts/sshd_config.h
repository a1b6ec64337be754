// What sshd's files and sshd -T say, and the drop-in that decides about passwords. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace azl::provision {

inline constexpr std::string_view kSshdConfig = "/etc/ssh/sshd_config";
inline constexpr std::string_view kSshdDropInDirectory = "/etc/ssh/sshd_config.d";

/// The names of our drop-ins. sshd takes the first value that it reads, and reads the names in
/// order: the second pair, which closes a machine after a failure, sorts before the first pair, and
/// the "+" names before all that begins with a digit.
inline constexpr std::array<std::string_view, 4> kSshdDropIns = {
    "00-azl-provision.conf", "+00-azl-provision.conf", "00-azl-provision-closed.conf",
    "+00-azl-provision-closed.conf"};
[[nodiscard]] bool is_sshd_drop_in(std::string_view name);
/// Where a drop-in of this name stands.
[[nodiscard]] std::string sshd_drop_in_path(std::string_view name);

/// What sshd would do for one user, from `sshd -T -C user=…`.
struct SshdAnswer {
  bool password = false;                           ///< passwordauthentication
  bool keyboard_interactive = false;               ///< kbdinteractiveauthentication
  bool public_key = true;                          ///< pubkeyauthentication
  std::vector<std::string> authorized_keys_files;  ///< as written, with %h and %u in them
  std::vector<std::string> allow_users;            ///< patterns, also of the next three
  std::vector<std::string> deny_users;
  std::vector<std::string> allow_groups;
  std::vector<std::string> deny_groups;
};
/// Parses sshd -T's output: any bytes.
[[nodiscard]] SshdAnswer parse_sshd_answer(std::string_view text);

/// Why sshd lets this user, who is in these groups, in by no means at all: DenyUsers and its kind.
/// Empty when it does not refuse.
[[nodiscard]] std::string why_refused(const SshdAnswer& answer, const std::string& user,
                                      const std::vector<std::string>& groups);

/// The drop-in's text. `reason` is a comment in it.
[[nodiscard]] std::string sshd_drop_in(bool password_authentication, std::string_view reason);
/// The name whose file sshd reads before all of `present`: of the first pair of kSshdDropIns, or,
/// for `closing`, of the second; the "+" one where another name would sort before the first.
[[nodiscard]] std::string sshd_drop_in_name(const std::vector<std::string>& present, bool closing);
/// Why sshd does not do what the drop-in says, from its main file: no Include of the drop-in
/// directory, an Include that comes after the keyword or inside a Match block, or a Match block
/// that sets it. A sentence; empty when the main file shows no reason.
[[nodiscard]] std::string why_not_effective(std::string_view main_file);
/// The line of the first Match block in a file of sshd's that allows passwords, to whomever; 0:
/// there is none.
[[nodiscard]] int match_that_allows_passwords(std::string_view text);

}  // namespace azl::provision
