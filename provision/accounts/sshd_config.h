// Parses sshd's configuration files and the output of sshd -T. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azl::provision {

inline constexpr std::string_view kSshdConfig = "/etc/ssh/sshd_config";

/// A line of sshd_config or of sshd -T.
struct SshdLine {
  std::string keyword;  ///< in lower case; empty for a comment or an empty line
  std::vector<std::string> arguments;
};
/// Parses one line as sshd does: one '=' may follow the keyword, and arguments may have quotes,
/// backslashes and a comment at their end. Accepts any bytes.
[[nodiscard]] SshdLine parse_sshd_line(std::string_view text);

/// What sshd does for one user: the output of `sshd -T -C user=…`.
struct SshdAnswer {
  bool password = false;                           ///< passwordauthentication
  bool keyboard_interactive = false;               ///< kbdinteractiveauthentication
  bool public_key = true;                          ///< pubkeyauthentication
  std::vector<std::string> authorized_keys_files;  ///< as written, with %h and %u; empty: none
  /// pubkeyacceptedalgorithms: patterns, "!" before one excludes it. Its name before OpenSSH 8.5 is
  /// pubkeyacceptedkeytypes. Empty if sshd does not say.
  std::vector<std::string> key_algorithms;
  int rsa_bits = 0;                  ///< requiredrsasize; 0 before OpenSSH 9.1
  std::vector<std::string> methods;  ///< authenticationmethods: lists such as
                                     ///< "publickey,password"; empty: any method will do
  bool pam = true;  ///< usepam; if not, sshd refuses an account whose password is locked by "!"
  std::vector<std::string> allow_users;  ///< patterns, like the next three
  std::vector<std::string> deny_users;
  std::vector<std::string> allow_groups;
  std::vector<std::string> deny_groups;
};
/// Parses the output of sshd -T. Accepts any bytes and skips what it does not know.
[[nodiscard]] SshdAnswer parse_sshd_answer(std::string_view text);

/// Why sshd refuses a user whatever the login method.
struct SshdRefusal {
  std::string keyword;  ///< "AllowGroups"
  std::string why;      ///< "AllowGroups matches no group of 'bob' (groups: bob)"
};
/// Returns which of DenyUsers, AllowUsers, DenyGroups and AllowGroups refuses a user in these
/// groups, or nullopt if none does.
[[nodiscard]] std::optional<SshdRefusal> find_refusal(const SshdAnswer& answer,
                                                      const std::string& user,
                                                      const std::vector<std::string>& groups);

/// Says why sshd does not follow our drop-in, by its main file: there is no Include of the drop-in
/// directory, the Include comes after the keyword or is inside a Match block, or a Match block sets
/// the keyword. Empty if the main file shows no reason.
[[nodiscard]] std::string describe_override(std::string_view main_file);
/// Returns whether the main file includes the directory of drop-ins anywhere.
[[nodiscard]] bool includes_drop_ins(std::string_view main_file);
/// Whether a keyword, in lower case, turns logins by password on or off.
/// ChallengeResponseAuthentication is the name of KbdInteractiveAuthentication before OpenSSH 8.7.
[[nodiscard]] bool decides_passwords(std::string_view keyword);

}  // namespace azl::provision
