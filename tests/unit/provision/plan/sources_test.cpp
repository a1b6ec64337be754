#include "provision/plan/sources.h"

#include <string>

#include <doctest/doctest.h>

#include "imds/kvp_reason.h"
#include "provision/plan/plan_json.h"
#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Error;
using azl::Reason;
using azl::Secret;

TEST_CASE("if both sources fail, the error names both failures") {
  auto facts = bare_facts();
  facts.imds_error = Error(Reason::kImdsConnect, "refused");
  CHECK(plan_of(facts).fatal()->to_string() ==
        "there is no provisioning media, and IMDS could not be read either: refused");
  facts.ovf_error = Error(Reason::kOvfMalformed, "not XML");
  CHECK(plan_of(facts).fatal()->to_string() ==
        "the provisioning media could not be read (not XML), and IMDS could not be read either: "
        "refused");
}

TEST_CASE("a failure of the proxy agent has cloud-init's KVP reason") {
  auto facts = good_facts();
  facts.proxy_agent_error =
      Error(Reason::kProxyAgent, "exit status 1").with_detail("status failure");
  const auto plan = plan_of(facts);
  REQUIRE(plan.fatal() != nullptr);
  CHECK(azl::imds::kvp_reason(*plan.fatal()) == "azure-proxy-agent status failure");
  CHECK(plan.fatal()->to_string() ==
        "ovf-env.xml requires the metadata proxy agent: exit status 1");
}

TEST_CASE("the plan has the size of custom data, but no content and no password") {
  auto facts = good_facts();
  facts.ovf->custom_data = Secret("planted-secret");
  facts.ovf->password = Secret("planted-password");
  const auto plan = plan_of(facts);
  CHECK(to_json(plan).find("the custom data (14 bytes) was not run") != std::string::npos);
  CHECK(to_json(plan).find("planted") == std::string::npos);
}
