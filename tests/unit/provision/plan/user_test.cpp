// make_plan: the user, its groups, sudo, password and keys.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "imds/kvp_reason.h"
#include "provision/plan/plan.h"
#include "tests/unit/provision/samples.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Reason;
using azl::Secret;

namespace {

using Words = std::vector<std::string>;

Plan plan_of(const Facts& facts) { return make_plan(facts, Config{}); }

/// IMDS alone names the user; keys are the test's.
Facts with_keys(const Words& imds, const Words& ovf) {
  auto facts = good_facts();
  facts.imds->instance.public_keys.clear();
  facts.ovf->public_keys.clear();
  for (const auto& key : imds) facts.imds->instance.public_keys.push_back({key, ""});
  for (const auto& key : ovf) facts.ovf->public_keys.push_back({"AB", "", key});
  return facts;
}

constexpr const char* kBad = "ssh-ed25519 AAAA bad";
constexpr const char* kCertificate = "";  // a fingerprint only

}  // namespace

TEST_CASE("a user name that can't be an administrator's refuses the boot") {
  for (const std::string name : {"root", "../x", "daemon", "bob\nroot", "bob:x", "-x", "1a", "a b",
                                 "böb", "an-over-long-name-of-33-characters"}) {
    CAPTURE(name);
    auto facts = good_facts();
    facts.imds->instance.admin_username = name;
    const auto plan = plan_of(facts);
    CHECK(plan.course == Course::kRefused);
    REQUIRE(plan.fatal() != nullptr);
    CHECK(plan.fatal()->reason() == Reason::kUserName);
    const auto text = plan.fatal()->to_string();
    CHECK_MESSAGE(text.starts_with("could not create user '"), text);
    CHECK(text.find("(from IMDS osProfile.adminUsername)") != std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
    CHECK_FALSE(plan.user);
  }
}

TEST_CASE("an account of the image may be the user") {
  auto facts = good_facts();
  facts.accounts.accounts.push_back(
      {.name = "ann", .uid = 1000, .gid = 1000, .home = "/home/ann", .shell = "/bin/sh"});
  CHECK(plan_of(facts).course == Course::kProvision);
}

TEST_CASE("the user is in the groups that exist; each missing one is a warning") {
  struct Row {
    Words wanted;
    Words there;
    Words planned;
    Words missing;
  };
  const std::vector<Row> rows = {
      {{"wheel", "adm"}, {"adm", "wheel"}, {"wheel", "adm"}, {}},
      {{"wheel", "docker", "adm"}, {"wheel", "adm"}, {"wheel", "adm"}, {"docker"}},
      {{"wheel", "adm"}, {}, {}, {"wheel", "adm"}},
      {{}, {"wheel"}, {}, {}},
  };
  for (const auto& row : rows) {
    auto facts = good_facts();
    facts.accounts.groups = row.there;
    Config config;
    config.user.groups = row.wanted;
    const auto plan = make_plan(facts, config);
    REQUIRE(plan.user);
    CHECK(plan.user->groups == row.planned);
    REQUIRE(plan.findings.size() == row.missing.size());
    for (std::size_t i = 0; i < row.missing.size(); ++i) {
      CHECK(plan.findings[i].severity == Severity::kDegraded);
      CHECK(plan.findings[i].error.to_string() ==
            "group '" + row.missing[i] + "' does not exist here; user 'ann' is not in it");
    }
  }
}

TEST_CASE("sudo is as configured, where there is sudo") {
  struct Row {
    SudoRule wanted;
    bool has_sudo;
    SudoRule planned;
    Words findings;
  };
  const std::vector<Row> rows = {
      {SudoRule::kNoPassword, true, SudoRule::kNoPassword, {}},
      {SudoRule::kPassword, true, SudoRule::kPassword, {}},
      {SudoRule::kNone, true, SudoRule::kNone, {}},
      {SudoRule::kNoPassword, false, SudoRule::kNone, {"degraded sudoers"}},
      {SudoRule::kPassword, false, SudoRule::kNone, {"degraded sudoers"}},
      {SudoRule::kNone, false, SudoRule::kNone, {}},
  };
  for (const auto& row : rows) {
    auto facts = good_facts();
    facts.has_sudo = row.has_sudo;
    Config config;
    config.user.sudo = row.wanted;
    const auto plan = make_plan(facts, config);
    REQUIRE(plan.user);
    CHECK(plan.user->sudo == row.planned);
    CHECK(findings_of(plan) == row.findings);
  }
}

TEST_CASE("the password is set where the media gives one of at most 72 bytes, else locked") {
  struct Row {
    std::size_t size;
    bool key;
    Course course;
    PasswordChange change;
    std::string why;
    Words findings;
  };
  const std::vector<Row> rows = {
      {0, true, Course::kProvision, PasswordChange::kLocked, "no password was given", {}},
      {1, true, Course::kProvision, PasswordChange::kSet, "a password is in ovf-env.xml", {}},
      {72, true, Course::kProvision, PasswordChange::kSet, "a password is in ovf-env.xml", {}},
      {73,
       true,
       Course::kProvision,
       PasswordChange::kLocked,
       "the password that was given is too long",
       {"degraded password-length"}},
      // sshd takes none here: it is for the serial console
      {72,
       false,
       Course::kProvision,
       PasswordChange::kSet,
       "a password is in ovf-env.xml",
       {"degraded no-way-in"}},
      {0, false, Course::kRefused, {}, "", {"fatal no-way-in"}},
      {73, false, Course::kRefused, {}, "", {"fatal password-length"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.size);
    CAPTURE(row.key);
    auto facts = with_keys(row.key ? Words{kKey1} : Words{}, {});
    facts.ovf->password = Secret(std::string(row.size, 'p'));
    const auto plan = plan_of(facts);
    CHECK(plan.course == row.course);
    CHECK(findings_of(plan) == row.findings);
    CHECK(plan.user.has_value() == (row.course == Course::kProvision));
    if (!plan.user) continue;
    CHECK(plan.user->password == row.change);
    CHECK(plan.user->password_why == row.why);
  }
}

TEST_CASE("a password that is too long is told to the host with its length") {
  auto facts = with_keys({}, {});
  facts.ovf->password = Secret(std::string(80, 'p'));
  const auto plan = plan_of(facts);
  REQUIRE(plan.fatal() != nullptr);
  CHECK(azl::imds::kvp_reason(*plan.fatal()) == "unsupported password length=80 max=72");
}

TEST_CASE("the keys are IMDS's usable ones, else the media's") {
  struct Row {
    std::string what;
    Words imds;
    Words ovf;
    Course course;
    Words keys;
    Words findings;
  };
  const std::vector<Row> rows = {
      {"IMDS's win", {kKey1, kKey2}, {kKey3}, Course::kProvision, {kPrint1, kPrint2}, {}},
      {"the media's alone", {}, {kKey3, kKey1}, Course::kProvision, {kPrint3, kPrint1}, {}},
      {"CR LF inside and at the end",
       {std::string(kKey1).insert(30, "\r\n") + "\r\n"},
       {},
       Course::kProvision,
       {kPrint1},
       {}},
      {"one bad among good ones",
       {kKey1, kBad, kKey2},
       {},
       Course::kProvision,
       {kPrint1, kPrint2},
       {"degraded ssh-key"}},
      {"all of IMDS's bad, the media's serve",
       {kBad, ""},
       {kKey3},
       Course::kProvision,
       {kPrint3},
       {"degraded ssh-key", "degraded ssh-key"}},
      {"duplicates, also with another comment",
       {kKey1, kKey1, std::string(kKey1) + " again", kKey2},
       {},
       Course::kProvision,
       {kPrint1, kPrint2},
       {}},
      {"options before the key",
       {"command=\"x\" " + std::string(kKey1), kKey2},
       {},
       Course::kProvision,
       {kPrint2},
       {"degraded ssh-key"}},
      {"a certificate beside a key",
       {},
       {kCertificate, kKey3},
       Course::kProvision,
       {kPrint3},
       {"degraded ssh-key"}},
      {"a certificate that nobody needs",
       {kKey1},
       {kCertificate},
       Course::kProvision,
       {kPrint1},
       {}},
      {"certificates only",
       {},
       {kCertificate, kCertificate},
       Course::kRefused,
       {},
       {"degraded ssh-key", "fatal no-way-in"}},
      {"all bad",
       {kBad},
       {kBad},
       Course::kRefused,
       {},
       {"degraded ssh-key", "degraded ssh-key", "fatal no-way-in"}},
      {"none", {}, {}, Course::kRefused, {}, {"fatal no-way-in"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto plan = plan_of(with_keys(row.imds, row.ovf));
    CHECK(plan.course == row.course);
    CHECK(fingerprints_of(plan) == row.keys);
    CHECK(findings_of(plan) == row.findings);
  }
}

TEST_CASE("with a password a boot without a usable key is no failure") {
  auto facts = with_keys({kBad}, {kCertificate});
  facts.ovf->password = Secret("pw");
  const auto plan = plan_of(facts);
  CHECK(plan.course == Course::kProvision);
  CHECK(findings_of(plan) == Words{"degraded ssh-key", "degraded ssh-key", "degraded no-way-in"});
}

TEST_CASE("a key says where it is from, a bad one which it was and nothing of its text") {
  const auto plan = plan_of(with_keys({kKey1, "-----BEGIN SECRET", kBad}, {}));
  REQUIRE(plan.user);
  REQUIRE(plan.user->keys.size() == 1);
  CHECK(plan.user->keys[0].why == "IMDS publicKeys");
  CHECK(plan.user->keys[0].key.comment == "key1");
  REQUIRE(plan.findings.size() == 2);
  CHECK(plan.findings[0].error.chain().front() == "SSH key 2 of 3 (IMDS publicKeys) is left out");
  CHECK(plan.findings[1].error.chain().front() == "SSH key 3 of 3 (IMDS publicKeys) is left out");
  CHECK(plan.findings[0].error.to_string().find("SECRET") == std::string::npos);
  const auto media = plan_of(with_keys({}, {kKey3}));
  REQUIRE(media.user);
  CHECK(media.user->keys[0].why == "PublicKey in ovf-env.xml");
}

TEST_CASE("no way in says what was wrong with the keys") {
  const auto plan = plan_of(with_keys({}, {kCertificate}));
  REQUIRE(plan.fatal() != nullptr);
  CHECK(plan.fatal()->chain() ==
        Words{"there is no usable SSH key and no password for user 'ann'",
              "1 SSH key(s) in ovf-env.xml are given by a certificate's fingerprint only; this "
              "version does not fetch certificates"});
}

TEST_CASE("of very many keys the first thousand are looked at") {
  auto facts = with_keys(Words(1000, kKey1), {});
  facts.imds->instance.public_keys.push_back({kKey2, ""});
  const auto plan = plan_of(facts);
  CHECK(fingerprints_of(plan) == Words{kPrint1});
  REQUIRE(plan.findings.size() == 1);
  CHECK(plan.findings[0].severity == Severity::kDegraded);
  CHECK(plan.findings[0].error.cause() ==
        "the platform gave 1001 SSH keys; only the first 1000 are taken");
}

TEST_CASE("the shell of a new user is the configured one, or one that is there") {
  auto facts = good_facts();
  Config config;
  CHECK(make_plan(facts, config).user.value().shell == "/bin/bash");
  config.user.shell = "/usr/bin/zsh";
  facts.missing_shells = {"/usr/bin/zsh"};
  const auto plan = make_plan(facts, config);
  CHECK(plan.user.value().shell == "/bin/sh");
  CHECK(findings_of(plan) == std::vector<std::string>{"degraded user"});
}

TEST_CASE("an account of the image that lets nobody in is no way in") {
  struct Row {
    std::string shell;
    bool missing;
    bool fatal;
  };
  for (const Row& row :
       {Row{"/bin/bash", false, false}, Row{"", false, false}, Row{"/usr/bin/zsh", true, true},
        Row{"/usr/sbin/nologin", false, true}, Row{"/bin/false", false, true}}) {
    CAPTURE(row.shell);
    auto facts = good_facts();
    facts.accounts.accounts.push_back(
        {.name = "ann", .uid = 1000, .gid = 1000, .home = "/home/ann", .shell = row.shell});
    if (row.missing) facts.missing_shells = {row.shell};
    const auto plan = make_plan(facts, Config{});
    CHECK((plan.fatal() != nullptr) == row.fatal);
    if (row.fatal) CHECK(plan.fatal()->reason() == Reason::kNoWayIn);
  }
}

TEST_CASE("wheel is called sudo on Debian") {
  auto facts = good_facts();
  facts.accounts.groups = {"sudo", "adm"};
  const auto plan = make_plan(facts, Config{});
  CHECK(plan.user.value().groups == std::vector<std::string>{"sudo", "adm"});
  CHECK(findings_of(plan) == std::vector<std::string>{"degraded group"});  // systemd-journal
}

TEST_CASE("a password that sshd does not take, and no key, is a way in by the console only") {
  auto facts = good_facts();
  facts.imds->instance.public_keys.clear();
  facts.ovf->public_keys.clear();
  facts.ovf->password = azl::Secret("Correct-Horse-7");
  CHECK(findings_of(make_plan(facts, Config{})) == std::vector<std::string>{"degraded no-way-in"});
  facts.imds->instance.disable_password_authentication = false;
  CHECK(findings_of(make_plan(facts, Config{})).empty());
}
