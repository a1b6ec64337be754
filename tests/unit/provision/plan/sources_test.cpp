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
  CHECK(plan.custom_data.yes);
  CHECK(plan.custom_data.why == "CustomData on the media, 14 bytes");
  CHECK(to_json(plan).find("planted") == std::string::npos);
}

TEST_CASE("where media and IMDS disagree, the findings name both values") {
  const auto plan = plan_of(differing_facts());
  REQUIRE(findings_of(plan) ==
          std::vector<std::string>{"degraded user-name", "note host-name", "note ssh-key"});
  CHECK(plan.findings[0].error.to_string() ==
        "IMDS osProfile.adminUsername is 'ann', UserName in ovf-env.xml is 'otto'; using that of "
        "IMDS");
  CHECK(plan.findings[1].error.to_string() ==
        "IMDS osProfile.computerName is 'web-1', HostName in ovf-env.xml is 'media-1'; using that "
        "of IMDS");
  CHECK(plan.findings[2].error.to_string() ==
        "IMDS and ovf-env.xml have different SSH keys (only in IMDS: " + std::string(kPrint1) +
            "; only in ovf-env.xml: " + kPrint2 + "); using those of IMDS");
  auto facts = differing_facts();
  facts.imds->instance.admin_username = "a\nb";
  CHECK(plan_of(facts).findings[0].error.to_string().find('\n') == std::string::npos);
}

TEST_CASE("media and IMDS do not disagree if one of them does not give a value") {
  const auto differing = [](const Change& change) {
    auto facts = differing_facts();
    change(facts);
    Findings findings;
    judge_disagreement(facts, findings);
    return findings.size();
  };
  CHECK(differing([](Facts&) {}) == 3);
  CHECK(differing(no_ovf) == 0);
  CHECK(differing(no_imds) == 0);
  CHECK(differing([](Facts& f) { f.imds->instance.admin_username.clear(); }) == 2);
  CHECK(differing([](Facts& f) { f.ovf->host_name.clear(); }) == 2);
  CHECK(differing([](Facts& f) { f.ovf->public_keys[0].value.clear(); }) == 2);
  CHECK(differing([](Facts& f) { f.imds->instance.public_keys[0].key_data = "x"; }) == 2);
  // The same keys, in another order and form.
  CHECK(differing([](Facts& f) {
          f.imds->instance.public_keys = {{std::string(kKey1) + "\r\n" + kKey2, ""}};
          f.ovf->public_keys = {{"A", "", kKey2}, {"B", "", kKey1}};
        }) == 2);
}

TEST_CASE("of many different keys, three of each source are named") {
  auto facts = good_facts();
  facts.ovf->public_keys = {{"", "", kKey2}};
  auto& keys = facts.imds->instance.public_keys;
  keys.clear();
  for (char c = 'A'; c <= 'E'; ++c) {
    std::string key = kKey1;
    key[60] = c;
    keys.push_back({key, ""});
  }
  Findings findings;
  judge_disagreement(facts, findings);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].error.to_string().find(" and 2 more; only in ovf-env.xml: SHA256:") !=
        std::string::npos);
}
