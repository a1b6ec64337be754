#include "provision/accounts/sshd_config.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision {

TEST_CASE("the output of sshd -T is parsed from any bytes") {
  const SshdAnswer nothing = parse_sshd_answer("");
  CHECK_FALSE(nothing.password);
  CHECK_FALSE(nothing.keyboard_interactive);
  CHECK(nothing.public_key);
  CHECK(nothing.authorized_keys_files.empty());

  const SshdAnswer answer = parse_sshd_answer(
      "port 22\npasswordauthentication yes\nkbdinteractiveauthentication yes\n"
      "pubkeyauthentication no\nauthorizedkeysfile .ssh/authorized_keys /etc/keys/%u\n");
  CHECK(answer.password);
  CHECK(answer.keyboard_interactive);
  CHECK_FALSE(answer.public_key);
  CHECK(answer.authorized_keys_files ==
        std::vector<std::string>{".ssh/authorized_keys", "/etc/keys/%u"});

  const SshdAnswer odd = parse_sshd_answer(std::string_view(
      "passwordauthentication\n\0\xff\n=\n\"\npubkeyauthentication yes\npasswordauthentication no",
      75));
  CHECK_FALSE(odd.password);
  CHECK(odd.public_key);
}

TEST_CASE("the main file shows why a drop-in has no effect") {
  struct Row {
    std::string text;
    const char* why;  ///< empty: it takes effect
  };
  const std::vector<Row> rows = {
      {"", "has no Include"},
      {"PasswordAuthentication no\n", "comes before the Include"},
      {"Include /etc/ssh/sshd_config.d/*.conf\n", ""},
      {"Include /etc/ssh/sshd_config.d/*.conf", ""},
      {"include \"/etc/ssh/sshd_config.d/*.conf\"\r\n", ""},
      {"Include=/etc/ssh/sshd_config.d/*.conf\n", ""},
      {"Include sshd_config.d/*.conf\n", ""},
      {"Include /etc/other/*.conf /etc/ssh/sshd_config.d/*\n", ""},
      {"Include /etc/ssh/sshd_config.d/50-*.conf\n", "has no Include"},
      {"#Include /etc/ssh/sshd_config.d/*.conf\n", "has no Include"},
      {"Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication yes\n", ""},
      {"\nPort 22\npasswordauthentication=yes\nInclude /etc/ssh/sshd_config.d/*.conf\n",
       "passwordauthentication in line 3"},
      {"KbdInteractiveAuthentication yes\nInclude /etc/ssh/sshd_config.d/*.conf\n",
       "kbdinteractiveauthentication in line 1"},
      {"ChallengeResponseAuthentication yes\nInclude /etc/ssh/sshd_config.d/*.conf\n",
       "challengeresponseauthentication in line 1"},
      {"#PasswordAuthentication yes\nInclude /etc/ssh/sshd_config.d/*.conf\n", ""},
      {"Match User x\nInclude /etc/ssh/sshd_config.d/*.conf\n",
       "the Include in line 2 of /etc/ssh/sshd_config is inside the Match block of line 1"},
      {"Include /etc/ssh/sshd_config.d/*.conf\nMatch User x\n  X11Forwarding no\n"
       "\tPasswordAuthentication yes\n",
       "the Match block in line 2"},
      {"Include /etc/ssh/sshd_config.d/*.conf\nMatch User x\n  X11Forwarding no\n", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string why = describe_override(row.text);
    CAPTURE(why);
    CHECK(why.empty() == std::string(row.why).empty());
    CHECK(why.find(row.why) != std::string::npos);
  }
}

}  // namespace azl::provision
