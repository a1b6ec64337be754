#include "provision/accounts/sshd_settings.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/text.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;

namespace {

std::vector<std::string> settings_of(const AccountTree& tree) {
  std::vector<std::string> words;
  for (const SshdSetting& setting : read_sshd_settings(tree.root())) {
    words.push_back(setting.keyword + " " + join(setting.arguments, " ") + ": " +
                    describe_place(setting) +
                    (setting.match.empty() ? ""
                                           : " [" + setting.match + ": " + setting.match_file +
                                                 ":" + std::to_string(setting.match_line) + "]"));
  }
  return words;
}

/// Returns the place of the setting with one of these values; empty if there is none.
std::string place_of(std::string_view config, std::string_view keyword, std::string_view value) {
  AccountTree tree;
  tree.write("etc/ssh/sshd_config", config);
  const auto settings = read_sshd_settings(tree.root());
  const std::array<std::string_view, 1> keywords = {keyword};
  const SshdSetting* found = find_setting(settings, keywords, [&](const auto& arguments) {
    return value.empty() || (!arguments.empty() && arguments.front() == value);
  });
  return found == nullptr ? "" : describe_place(*found);
}

}  // namespace

TEST_CASE("settings are read in sshd's order, with those of included files in their places") {
  AccountTree tree;
  tree.write("etc/ssh/sshd_config",
             "# x\nPort 22\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n"
             "Match Group wheel Address 10.0.0.0/8\n  Include extra\n  X11Forwarding no\n"
             "Match all\nPermitTTY no")
      .write("etc/ssh/sshd_config.d/50-b.conf",
             "PubkeyAuthentication=no\nMatch User x\nBanner none\n")
      .write("etc/ssh/sshd_config.d/40-a.conf", "Include /etc/crypto/x\n")
      .write("etc/ssh/sshd_config.d/40-a.conf.rpmsave", "Port 1\n")
      .write("etc/ssh/sshd_config.d/.hidden.conf", "Port 2\n")
      .write("etc/crypto/x", "PubkeyAcceptedAlgorithms a,b\n")
      .write("etc/ssh/extra", "AllowUsers a b\n");
  constexpr const char* kInUser = " [User x: /etc/ssh/sshd_config.d/50-b.conf:2]";
  constexpr const char* kInGroup = " [Group wheel Address 10.0.0.0/8: /etc/ssh/sshd_config:5]";
  CHECK(settings_of(tree) ==
        std::vector<std::string>{
            "port 22: line 2 of /etc/ssh/sshd_config",
            "pubkeyacceptedalgorithms a,b: line 1 of /etc/crypto/x",
            "pubkeyauthentication no: line 1 of /etc/ssh/sshd_config.d/50-b.conf",
            std::string("banner none: line 3 of /etc/ssh/sshd_config.d/50-b.conf") + kInUser,
            "usepam yes: line 4 of /etc/ssh/sshd_config",
            std::string("allowusers a b: line 1 of /etc/ssh/extra") + kInGroup,
            std::string("x11forwarding no: line 7 of /etc/ssh/sshd_config") + kInGroup,
            "permittty no: line 9 of /etc/ssh/sshd_config [all: /etc/ssh/sshd_config:8]"});
}

TEST_CASE("files that include themselves, and what is not a file, end the reading") {
  AccountTree tree;
  tree.write("etc/ssh/sshd_config",
             "Include sshd_config /etc/ssh/nothing /etc/ssh/x /etc/ssh\nPort 1\n");
  REQUIRE(mkfifo(tree.path("etc/ssh/x").c_str(), 0600) == 0);
  CHECK(settings_of(tree).size() == 17);  // sshd_config in 17 levels

  // Each file includes all. Without a bound on their number these would be 20^16.
  for (int i = 0; i < 20; ++i)
    tree.write("etc/ssh/sshd_config.d/" + std::to_string(i) + ".conf",
               "Include /etc/ssh/sshd_config.d/*.conf\n");
  tree.write("etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nPort 1\n");
  CHECK(settings_of(tree).size() == 1);

  std::string many;
  for (int i = 0; i < 50'000; ++i) many += "a b\n";
  tree.write("etc/ssh/sshd_config", many);
  CHECK(read_sshd_settings(tree.root()).size() == 20'000);
}

TEST_CASE("the first value counts, unless a Match block has the value that sshd uses") {
  const std::string_view config =
      "PubkeyAuthentication yes\nPubkeyAuthentication no\nMatch User a\nPubkeyAuthentication yes\n"
      "Match User b\nPubkeyAuthentication no\nMaxSessions 5\n";
  CHECK(place_of(config, "pubkeyauthentication", "yes") == "line 1 of /etc/ssh/sshd_config");
  CHECK(place_of(config, "pubkeyauthentication", "no") == "line 6 of /etc/ssh/sshd_config");
  CHECK(place_of(config, "maxsessions", "") == "line 7 of /etc/ssh/sshd_config");
  CHECK(place_of(config, "maxsessions", "6").empty());
  CHECK(place_of(config, "port", "").empty());
  CHECK(place_of("", "port", "").empty());
}

}  // namespace azl::provision
