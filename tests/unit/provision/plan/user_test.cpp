#include "provision/plan/user.h"

#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Reason;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("an invalid or reserved user name is fatal") {
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

TEST_CASE("the user may already exist in the image") {
  auto facts = good_facts();
  facts.accounts.accounts.push_back(
      {.name = "ann", .uid = 1000, .gid = 1000, .home = "/home/ann", .shell = "/bin/sh"});
  CHECK(plan_of(facts).course == Course::kProvision);
}

TEST_CASE("the user joins the groups that exist, and each missing group gives a warning") {
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
    facts.accounts.groups = groups_named(row.there);
    Config config;
    config.user.groups = row.wanted;
    const auto plan = make_plan(facts, config);
    REQUIRE(plan.user);
    CHECK(plan.user->groups == row.planned);
    REQUIRE(plan.findings.size() == row.missing.size());
    for (std::size_t i = 0; i < row.missing.size(); ++i) {
      CHECK(plan.findings[i].severity == Severity::kDegraded);
      CHECK(plan.findings[i].error.to_string() ==
            "group '" + row.missing[i] + "' does not exist, so user 'ann' is not in it");
    }
  }
}

TEST_CASE("a group that stands outside /etc/group exists") {
  auto facts = good_facts();
  facts.accounts.groups = groups_named({"adm", "systemd-journal"});
  facts.accounts.groups.push_back({.name = "wheel", .gid = 10, .outside = "/usr/lib/group"});
  const auto plan = plan_of(facts);
  CHECK(plan.user.value().groups == Words{"wheel", "adm", "systemd-journal"});
  CHECK(plan.findings.empty());
}

TEST_CASE("a user whose account stands only outside /etc/passwd is fatal") {
  auto facts = good_facts();
  facts.accounts.accounts.push_back({.name = "ann",
                                     .uid = 1000,
                                     .gid = 1000,
                                     .home = "/home/ann",
                                     .shell = "/bin/sh",
                                     .outside = "/usr/lib/userdb/ann.user"});
  const auto plan = plan_of(facts);
  REQUIRE(plan.fatal() != nullptr);
  CHECK(plan.fatal()->reason() == Reason::kUser);
  CHECK(plan.fatal()->to_string().find("is in /usr/lib/userdb/ann.user") != std::string::npos);
}

TEST_CASE("the group sudo replaces wheel on Debian") {
  auto facts = good_facts();
  facts.accounts.groups = groups_named({"sudo", "adm"});
  const auto plan = plan_of(facts);
  CHECK(plan.user.value().groups == std::vector<std::string>{"sudo", "adm"});
  CHECK(findings_of(plan) == std::vector<std::string>{"degraded group"});  // systemd-journal
}

TEST_CASE("the configured sudo rule applies if sudo is installed") {
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

TEST_CASE("a new user gets the configured shell, or /bin/sh if that does not exist") {
  auto facts = good_facts();
  Config config;
  CHECK(make_plan(facts, config).user.value().shell == "/bin/bash");
  config.user.shell = "/usr/bin/zsh";
  facts.missing_shells = {"/usr/bin/zsh"};
  const auto plan = make_plan(facts, config);
  CHECK(plan.user.value().shell == "/bin/sh");
  CHECK(findings_of(plan) == std::vector<std::string>{"degraded user"});
  facts.missing_shells.clear();
  facts.unrunnable_shells = {"/usr/bin/zsh"};
  CHECK(make_plan(facts, config).user.value().shell == "/bin/sh");
}

TEST_CASE("/etc/nologin is a warning that names the file") {
  auto facts = good_facts();
  facts.has_nologin = true;
  const auto plan = plan_of(facts);
  CHECK(plan.course == Course::kProvision);
  CHECK(findings_of(plan) == std::vector<std::string>{"degraded no-way-in"});
  CHECK(plan.findings.at(0).error.to_string() ==
        "/etc/nologin exists, so only root can log in until the file is removed");
}

TEST_CASE("an account of the image that is expired is fatal, unless PasswordAgeing=lift") {
  struct Row {
    std::string what;
    azl::provision::Ageing ageing;
    AgeingPolicy policy;
    bool fatal;
  };
  constexpr long kToday = 20455;
  const std::vector<Row> rows = {
      {"expired", {.expires = 19000}, AgeingPolicy::kAuto, true},
      {"expired", {.expires = 19000}, AgeingPolicy::kKeep, true},
      {"expired", {.expires = 19000}, AgeingPolicy::kLift, false},
      {"expires today", {.expires = kToday}, AgeingPolicy::kAuto, true},
      {"expires tomorrow", {.expires = kToday + 1}, AgeingPolicy::kAuto, false},
      {"lastchg 0 with a locked password", {.last_change = 0}, AgeingPolicy::kAuto, false},
      {"lastchg 0 with a locked password", {.last_change = 0}, AgeingPolicy::kLift, false},
      {"lastchg 0 with a locked password", {.last_change = 0}, AgeingPolicy::kKeep, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CAPTURE(static_cast<int>(row.policy));
    auto facts = good_facts();
    facts.accounts.accounts.push_back(
        {.name = "ann", .uid = 1000, .gid = 1000, .home = "/home/ann", .shell = "/bin/sh"});
    facts.ageings = {{.user = "ann", .ageing = row.ageing}};
    facts.today = kToday;
    Config config;
    config.user.password_ageing = row.policy;
    const auto plan = make_plan(facts, config);
    CHECK((plan.fatal() != nullptr) == row.fatal);
    if (row.fatal) {
      CHECK(plan.fatal()->reason() == Reason::kNoWayIn);
      CHECK(plan.course == Course::kRefused);
      CHECK(plan.fatal()->to_string().starts_with("user 'ann' cannot log in: "));
    }
  }
}

TEST_CASE("a password that is given counts as changed today") {
  auto facts = good_facts();
  facts.ovf->password = azl::Secret("Correct-Horse-7");
  facts.accounts.accounts.push_back(
      {.name = "ann", .uid = 1000, .gid = 1000, .home = "/home/ann", .shell = "/bin/sh"});
  facts.ageings = {{.user = "ann", .ageing = {.last_change = 0, .maximum = 90, .inactive = 7}}};
  facts.today = 20455;
  Config config;
  config.user.password_ageing = AgeingPolicy::kKeep;
  CHECK(make_plan(facts, config).fatal() == nullptr);
}

TEST_CASE("it is fatal if the image has the user's account and its shell allows no login") {
  struct Row {
    std::string shell;
    bool missing;
    bool fatal;
  };
  auto unrunnable = good_facts();
  unrunnable.accounts.accounts.push_back(
      {.name = "ann", .uid = 1000, .gid = 1000, .home = "/home/ann", .shell = "/bin/zsh"});
  unrunnable.unrunnable_shells = {"/bin/zsh"};
  const auto refused = plan_of(unrunnable);
  REQUIRE(refused.fatal() != nullptr);
  CHECK(refused.fatal()->to_string() ==
        "user 'ann' exists already, but its login shell /bin/zsh is not an executable file");
  for (const Row& row :
       {Row{"/bin/bash", false, false}, Row{"", false, false}, Row{"/usr/bin/zsh", true, true},
        Row{"/usr/sbin/nologin", false, true}, Row{"/bin/false", false, true}}) {
    CAPTURE(row.shell);
    auto facts = good_facts();
    facts.accounts.accounts.push_back(
        {.name = "ann", .uid = 1000, .gid = 1000, .home = "/home/ann", .shell = row.shell});
    if (row.missing) facts.missing_shells = {row.shell};
    const auto plan = plan_of(facts);
    CHECK((plan.fatal() != nullptr) == row.fatal);
    if (row.fatal) CHECK(plan.fatal()->reason() == Reason::kNoWayIn);
  }
}
