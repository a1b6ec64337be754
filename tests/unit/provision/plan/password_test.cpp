#include "provision/plan/password.h"

#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "imds/kvp_reason.h"
#include "tests/unit/provision/plan/changed_facts.h"
#include "tests/unit/provision/plan/given_keys.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Secret;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the password is set if the media has one of at most 72 bytes, and locked otherwise") {
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
      {1, true, Course::kProvision, PasswordChange::kSet, "ovf-env.xml has a password", {}},
      {72, true, Course::kProvision, PasswordChange::kSet, "ovf-env.xml has a password", {}},
      {73,
       true,
       Course::kProvision,
       PasswordChange::kLocked,
       "the given password is too long",
       {"degraded password-length"}},
      // sshd refuses the password, but it works on the serial console.
      {72,
       false,
       Course::kProvision,
       PasswordChange::kSet,
       "ovf-env.xml has a password",
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

TEST_CASE("IMDS cannot give the media's password to another user") {
  struct Row {
    std::string what;
    std::string imds;
    std::string media;
    bool key;
    Course course;
    std::string why;
    Words findings;
  };
  const std::vector<Row> rows = {
      {"the same user", "ann", "ann", true, Course::kProvision, "ovf-env.xml has a password", {}},
      {"IMDS names none", "", "ann", true, Course::kProvision, "ovf-env.xml has a password", {}},
      {"another one",
       "eve",
       "ann",
       true,
       Course::kProvision,
       "the password in ovf-env.xml is not this user's",
       {"degraded user-name", "degraded password"}},
      {"the media names none",
       "eve",
       "",
       true,
       Course::kProvision,
       "the password in ovf-env.xml is not this user's",
       {"degraded password"}},
      {"another one, who has no key",
       "eve",
       "ann",
       false,
       Course::kRefused,
       "",
       {"degraded user-name", "degraded password", "fatal no-way-in"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto facts = with_keys(row.key ? Words{kKey1} : Words{}, {});
    facts.imds->instance.admin_username = row.imds;
    facts.ovf->user_name = row.media;
    facts.ovf->password = Secret("pw");
    const auto plan = plan_of(facts);
    CHECK(plan.course == row.course);
    CHECK(findings_of(plan) == row.findings);
    if (plan.user) CHECK(plan.user->password_why == row.why);
    if (plan.fatal() != nullptr)
      CHECK(plan.fatal()->to_string() ==
            "user 'eve' has no usable SSH key and no password: the password in ovf-env.xml was not "
            "set for 'eve': it is that of user 'ann'");
  }
}

TEST_CASE("the KVP reason for a password that is too long contains its length") {
  auto facts = with_keys({}, {});
  facts.ovf->password = Secret(std::string(80, 'p'));
  const auto plan = plan_of(facts);
  REQUIRE(plan.fatal() != nullptr);
  CHECK(azl::imds::kvp_reason(*plan.fatal()) == "unsupported password length=80 max=72");
}
