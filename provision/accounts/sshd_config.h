// Parses sshd's configuration files and the output of sshd -T. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azl::provision {

inline constexpr std::string_view kSshdConfig = "/etc/ssh/sshd_config";

/// What sshd does for one user: the output of `sshd -T -C user=…`.
struct SshdAnswer {
  bool password = false;                           ///< passwordauthentication
  bool keyboard_interactive = false;               ///< kbdinteractiveauthentication
  bool public_key = true;                          ///< pubkeyauthentication
  std::vector<std::string> authorized_keys_files;  ///< as written, with %h and %u
  std::vector<std::string> allow_users;            ///< patterns, like the next three
  std::vector<std::string> deny_users;
  std::vector<std::string> allow_groups;
  std::vector<std::string> deny_groups;
};
/// Parses the output of sshd -T. Accepts any bytes and skips what it does not know.
[[nodiscard]] SshdAnswer parse_sshd_answer(std::string_view text);

/// Says which of DenyUsers, AllowUsers, DenyGroups and AllowGroups refuses a user in these groups,
/// whatever the login method. Empty if none does.
[[nodiscard]] std::string describe_refusal(const SshdAnswer& answer, const std::string& user,
                                           const std::vector<std::string>& groups);

/// Says why sshd does not follow our drop-in, by its main file: there is no Include of the drop-in
/// directory, the Include comes after the keyword or is inside a Match block, or a Match block sets
/// the keyword. Empty if the main file shows no reason.
[[nodiscard]] std::string describe_override(std::string_view main_file);
/// Returns the line number of the first Match block that allows passwords to anybody. Returns 0 if
/// there is none.
[[nodiscard]] int find_match_allowing_passwords(std::string_view text);

}  // namespace azl::provision
