#include "provision/plan/login.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/samples.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

using Words = std::vector<std::string>;

const Account kBob{.name = "bob", .uid = 1000, .gid = 1000, .home = "/home/bob", .shell = ""};

/// What sshd says with OpenSSH's defaults.
SshdAnswer usual_answer() {
  SshdAnswer answer;
  answer.password = true;
  answer.authorized_keys_files = {".ssh/authorized_keys", ".ssh/authorized_keys2"};
  answer.key_algorithms = {"ssh-ed25519", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com",
                           "rsa-sha2-512", "rsa-sha2-256"};
  answer.rsa_bits = 1024;
  return answer;
}

PlannedKey key_of(const std::string& line) { return {parse_ssh_key(line).value(), "IMDS"}; }
PlannedKey ed25519_key() { return key_of(kKey1); }
PlannedKey rsa_key() {
  static const std::string line = make_key_pair("rsa", "3072").line;
  return key_of(line);
}

/// A line of sshd_config.
SshdSetting setting(int line, const std::string& keyword, Words arguments,
                    const std::string& match = "") {
  return {.file = "/etc/ssh/sshd_config",
          .line = line,
          .keyword = keyword,
          .arguments = std::move(arguments),
          .match = match,
          .match_file = match.empty() ? "" : "/etc/ssh/sshd_config",
          .match_line = match.empty() ? 0 : 1};
}

struct Case {
  SshdAnswer answer = usual_answer();
  std::vector<SshdSetting> settings = {};
  std::vector<PlannedKey> keys = {ed25519_key()};
  bool password = false;
  bool locked = false;
  bool required = false;
  bool live = true;

  /// Returns "severity reason: error" of each finding.
  [[nodiscard]] Words judge() const {
    Findings findings;
    judge_login({.answer = answer,
                 .settings = settings,
                 .account = kBob,
                 .groups = {"bob", "wheel"},
                 .keys = keys,
                 .password = password,
                 .locked = locked,
                 .required = required,
                 .knows_accounts = live},
                findings);
    Words words;
    for (const auto& [severity, error] : findings) {
      words.push_back(std::string(to_string(severity)) + " " +
                      std::string(to_string(error.reason())) + ": " + error.to_string());
    }
    return words;
  }
};

const std::string kPrintOfKey1 = std::string("the ssh-ed25519 key ") + kPrint1;

}  // namespace

TEST_CASE("a key that sshd accepts, or a password, is a way in") {
  CHECK(Case{}.judge().empty());
  CHECK(Case{.keys = {rsa_key()}, .required = true}.judge().empty());
  CHECK(Case{.keys = {}, .password = true, .required = true}.judge().empty());
  CHECK(Case{.keys = {}}.judge().empty());  // the plan of the user judges that
  CHECK(Case{.keys = {}, .required = true}.judge() ==
        Words{"fatal no-way-in: 'bob' cannot log in over SSH ([Ssh] RequireLogin=yes): there is no "
              "usable SSH key, and sshd does not accept passwords"});
}

TEST_CASE("ed25519 as the only key under a FIPS drop-in is fatal, unless a password works") {
  Case fips;
  fips.answer.key_algorithms = {"ecdsa-sha2-nistp256", "rsa-sha2-256"};
  fips.settings = {setting(3, "pubkeyacceptedalgorithms", {"ecdsa-sha2-nistp256,rsa-sha2-256"})};
  const std::string why = "sshd refuses " + kPrintOfKey1 +
                          ": PubkeyAcceptedAlgorithms in line 3 of /etc/ssh/sshd_config does not "
                          "list ssh-ed25519";
  CHECK(fips.judge() == Words{"fatal no-way-in: nobody could log in as 'bob', because no password "
                              "works and sshd refuses the only SSH key: " +
                              why});
  fips.password = true;
  CHECK(fips.judge() == Words{"degraded ssh-key: " + why});
  fips.password = false;
  fips.keys.push_back(rsa_key());
  CHECK(fips.judge() == Words{"degraded ssh-key: " + why});
}

TEST_CASE("RSA 3072 under RequiredRSASize 4096 is fatal, unless another key is accepted") {
  Case large;
  large.keys = {rsa_key()};
  large.answer.rsa_bits = 4096;
  large.settings = {setting(2, "requiredrsasize", {"4096"})};
  const std::string why =
      "sshd refuses the ssh-rsa key " + large.keys[0].key.fingerprint +
      ": it has 3072 bits, and RequiredRSASize in line 2 of /etc/ssh/sshd_config requires 4096";
  CHECK(large.judge() == Words{"fatal no-way-in: nobody could log in as 'bob', because no password "
                               "works and sshd refuses the only SSH key: " +
                               why});
  large.keys.push_back(ed25519_key());
  CHECK(large.judge() == Words{"degraded ssh-key: " + why});
  large.answer.rsa_bits = 3072;
  CHECK(large.judge().empty());
}

TEST_CASE("an account with a locked password is refused by an sshd without PAM") {
  Case locked;
  locked.locked = true;
  CHECK(locked.judge().empty());
  locked.answer.pam = false;
  CHECK(locked.judge() ==
        Words{"fatal no-way-in: sshd does not let 'bob' log in by any method: its "
              "password is locked, and UsePAM is no"});
  locked.settings = {setting(3, "usepam", {"no"})};
  CHECK(locked.judge()[0].ends_with("UsePAM in line 3 of /etc/ssh/sshd_config is no"));
  locked.locked = false;
  CHECK(locked.judge().empty());
}

TEST_CASE("of many refused keys the first three are named") {
  Case many;
  many.answer.key_algorithms = {"ecdsa-sha2-nistp256"};
  many.keys.assign(5, ed25519_key());
  const auto findings = many.judge();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].find("sshd refuses every SSH key: ") != std::string::npos);
  CHECK(findings[0].ends_with("; and 2 more"));
  CHECK(findings[0].find("PubkeyAcceptedAlgorithms does not list ssh-ed25519") !=
        std::string::npos);
}

TEST_CASE("an algorithm is accepted as sshd matches its list") {
  struct Row {
    Words algorithms;
    bool rsa;
    bool ed25519;
  };
  const std::vector<Row> rows = {
      {{}, true, true},  // sshd does not say
      {{"ssh-rsa"}, true, false},
      {{"rsa-sha2-256"}, true, false},
      {{"rsa-sha2-512"}, true, false},
      {{"ssh-rsa-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com"}, false, false},
      {{"ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com"}, false, false},
      {{"ssh-*"}, true, true},
      {{"!ssh-ed25519", "ssh-*"}, true, false},
      {{"*", "!ssh-rsa"}, true, true},
      {{"*", "!ssh-rsa", "!rsa-*"}, false, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.algorithms);
    Case each;
    each.answer.key_algorithms = row.algorithms;
    CHECK(each.judge().empty() == row.ed25519);
    each.keys = {rsa_key()};
    CHECK(each.judge().empty() == row.rsa);
  }
}

TEST_CASE("a policy of the image is degraded, and fatal by RequireLogin=yes if nobody can log in") {
  struct Row {
    std::string what;
    void (*change)(Case&);
    std::string why;
    bool shuts_out;  ///< nobody can log in
  };
  const std::vector<Row> rows = {
      {"PubkeyAuthentication no",
       [](Case& c) {
         c.answer.public_key = false;
         c.settings = {setting(4, "pubkeyauthentication", {"no"})};
       },
       "the SSH keys of 'bob' cannot be used: PubkeyAuthentication in line 4 of "
       "/etc/ssh/sshd_config is no",
       true},
      {"PubkeyAuthentication no, with a password",
       [](Case& c) {
         c.answer.public_key = false;
         c.password = true;
       },
       "the SSH keys of 'bob' cannot be used: PubkeyAuthentication is no", false},
      {"PubkeyAuthentication no by a Match block",
       [](Case& c) {
         c.answer.public_key = false;
         c.settings = {setting(2, "pubkeyauthentication", {"yes"}),
                       setting(5, "pubkeyauthentication", {"no"}, "User bob")};
       },
       "the SSH keys of 'bob' cannot be used: PubkeyAuthentication in line 5 of "
       "/etc/ssh/sshd_config is no",
       true},
      {"AllowGroups sshusers",
       [](Case& c) {
         c.answer.allow_groups = {"sshusers"};
         c.settings = {setting(7, "allowgroups", {"sshusers"})};
       },
       "sshd does not let 'bob' log in by any method: AllowGroups matches no group of 'bob' "
       "(groups: bob, wheel), line 7 of /etc/ssh/sshd_config",
       true},
      {"DenyUsers, with a password too",
       [](Case& c) {
         c.answer.deny_users = {"b*"};
         c.password = true;
       },
       "sshd does not let 'bob' log in by any method: DenyUsers matches 'bob'", true},
      {"AuthorizedKeysFile none",
       [](Case& c) {
         c.answer.authorized_keys_files.clear();
         c.settings = {setting(1, "authorizedkeysfile", {"none"})};
       },
       "the SSH keys of 'bob' cannot be used: AuthorizedKeysFile in line 1 of "
       "/etc/ssh/sshd_config is none",
       true},
      {"one file for all users",
       [](Case& c) { c.answer.authorized_keys_files = {"/etc/ssh/authorized_keys"}; },
       "the SSH keys of 'bob' cannot be used: AuthorizedKeysFile names no file for this user "
       "alone",
       true},
      {"two factors",
       [](Case& c) {
         c.answer.methods = {"publickey,keyboard-interactive:pam"};
         c.settings = {setting(9, "authenticationmethods", {"publickey,keyboard-interactive:pam"})};
       },
       "AuthenticationMethods in line 9 of /etc/ssh/sshd_config asks for "
       "'publickey,keyboard-interactive:pam', and 'bob' has only an SSH key",
       true},
      {"keys only, with a password only",
       [](Case& c) {
         c.answer.methods = {"publickey"};
         c.keys.clear();
         c.password = true;
       },
       "AuthenticationMethods asks for 'publickey', and 'bob' has only a password", true},
      {"Kerberos only",
       [](Case& c) {
         c.answer.methods = {"gssapi-with-mic", "hostbased"};
         c.password = true;
       },
       "AuthenticationMethods asks for 'gssapi-with-mic hostbased', and 'bob' has only an SSH key "
       "and a password",
       true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Case each;
    row.change(each);
    CHECK(each.judge() == Words{"degraded sshd: " + row.why});
    each.required = true;
    CHECK(each.judge() == Words{row.shuts_out
                                    ? "fatal sshd: " + row.why + " ([Ssh] RequireLogin=yes)"
                                    : "degraded sshd: " + row.why});
  }
}

TEST_CASE("the user may combine a key and a password as AuthenticationMethods asks") {
  struct Row {
    Words methods;
    bool password;
    bool works;
  };
  const std::vector<Row> rows = {
      {{"publickey"}, false, true},
      {{"password", "publickey"}, false, true},
      {{"publickey,password"}, false, false},
      {{"publickey,password"}, true, true},
      {{"publickey,keyboard-interactive:pam"}, true, true},
      {{"publickey,publickey"}, false, true},
      {{"publickey,hostbased", "password"}, true, true},
      {{"none"}, false, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.methods);
    Case each;
    each.answer.methods = row.methods;
    each.password = row.password;
    CHECK(each.judge().empty() == row.works);
  }
}

TEST_CASE("in a tree, Match blocks by group or by client are said to be not checked") {
  Case tree;
  tree.settings = {setting(2, "authenticationmethods", {"publickey,password"}, "Group wheel"),
                   setting(3, "pubkeyauthentication", {"no"}, "Group wheel"),
                   setting(5, "x11forwarding", {"no"}, "Group x"),
                   setting(7, "pubkeyauthentication", {"no"}, "User ann"),
                   setting(9, "passwordauthentication", {"yes"}, "User bob Address 10.0.0.0/8"),
                   setting(11, "permittty", {"no"}, "all")};
  for (std::size_t i = 0; i < tree.settings.size(); ++i)
    tree.settings[i].match_line = i < 2 ? 1 : tree.settings[i].line - 1;
  tree.live = false;
  CHECK(tree.judge() ==
        Words{"note sshd: not checked: whether 'Match Group wheel' in line 1 of "
              "/etc/ssh/sshd_config applies to 'bob'; it sets authenticationmethods",
              "note sshd: not checked: whether 'Match User bob Address 10.0.0.0/8' in line 8 of "
              "/etc/ssh/sshd_config applies to 'bob'; it sets passwordauthentication"});
  tree.live = true;
  CHECK(tree.judge().empty());
}

TEST_CASE("what an included file outside /etc/ssh sets counts in a tree too") {
  Case tree;
  tree.settings = {setting(2, "pubkeyacceptedalgorithms", {"rsa-sha2-256"})};
  tree.settings[0].file = "/etc/crypto-policies/back-ends/opensshserver.config";
  tree.answer.key_algorithms = {"rsa-sha2-256"};
  for (const bool live : {true, false}) {
    tree.live = live;
    REQUIRE(tree.judge().size() == 1);
    CHECK(tree.judge()[0].starts_with("fatal no-way-in: "));
    CHECK(tree.judge()[0].find("line 2 of /etc/crypto-policies/") != std::string::npos);
  }
}
