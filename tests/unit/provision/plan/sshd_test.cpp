#include "provision/plan/sshd.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("sshd is configured unless it is missing or excluded, and closed after a failure") {
  auto facts = good_facts();
  facts.imds->instance.disable_password_authentication = false;
  CHECK(plan_of(facts).sshd->password_authentication);
  Config config;
  config.ssh.configure_sshd = false;
  CHECK_FALSE(make_plan(facts, config).sshd);
  facts.imds->instance.admin_username = "../x";
  const auto refused = plan_of(facts);
  REQUIRE(refused.sshd);
  CHECK_FALSE(refused.sshd->password_authentication);
  CHECK(refused.sshd->why.starts_with("provisioning failed"));
  facts.has_sshd = false;
  CHECK_FALSE(plan_of(facts).sshd);
}

TEST_CASE("a password without an SSH key is degraded if sshd refuses passwords") {
  auto facts = good_facts();
  facts.imds->instance.public_keys.clear();
  facts.ovf->public_keys.clear();
  facts.ovf->password = azl::Secret("Correct-Horse-7");
  CHECK(findings_of(plan_of(facts)) == std::vector<std::string>{"degraded no-way-in"});
  facts.imds->instance.disable_password_authentication = false;
  CHECK(findings_of(plan_of(facts)).empty());
}
