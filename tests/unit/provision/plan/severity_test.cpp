// What each failure means, row by row of design.md, "What a failure means", as far as the plan
// decides it; the steps' own rows: steps_test.cpp.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "imds/kvp_reason.h"
#include "provision/plan/plan.h"
#include "tests/unit/provision/samples.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Error;
using azl::Reason;
using azl::Secret;

namespace {

using Words = std::vector<std::string>;

struct Row {
  std::string what;
  std::function<void(Facts&)> change;
  Course course;
  Words findings;
};

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto facts = good_facts();
    row.change(facts);
    const auto plan = make_plan(facts, Config{});
    CHECK(to_string(plan.course) == to_string(row.course));
    CHECK(findings_of(plan) == row.findings);
  }
}

Error imds_down() { return Error(Reason::kImdsConnect, "refused"); }
Error media_bad() { return Error(Reason::kOvfMalformed, "not XML"); }

}  // namespace

TEST_CASE("fatal: what leaves nothing to provision from, or nobody who could log in") {
  check({
      {"neither media nor IMDS",
       [](Facts& f) {
         f.ovf.reset();
         f.imds.reset();
         f.imds_error = imds_down();
       },
       Course::kRefused,
       {"fatal imds-connect"}},
      {"neither, and no error of IMDS's: it was not asked",
       [](Facts& f) {
         f.ovf.reset();
         f.imds.reset();
       },
       Course::kRefused,
       {"fatal imds-connect"}},
      {"media unreadable, IMDS down",
       [](Facts& f) {
         f.ovf.reset();
         f.ovf_error = media_bad();
         f.imds.reset();
         f.imds_error = imds_down();
       },
       Course::kRefused,
       {"fatal imds-connect"}},
      {"no lease, no media",
       [](Facts& f) {
         f.ovf.reset();
         f.imds.reset();
         f.imds_error = Error(Reason::kNoLease, "no lease");
       },
       Course::kRefused,
       {"fatal no-lease"}},
      {"no valid user name",
       [](Facts& f) { f.imds->instance.admin_username = "root"; },
       Course::kRefused,
       {"fatal user-name"}},
      {"no user name",
       [](Facts& f) {
         f.imds->instance.admin_username.clear();
         f.ovf->user_name.clear();
       },
       Course::kRefused,
       {"fatal user-name"}},
      {"no way in",
       [](Facts& f) {
         f.imds->instance.public_keys.clear();
         f.ovf->public_keys.clear();
       },
       Course::kRefused,
       {"fatal no-way-in"}},
      {"no VM id",
       [](Facts& f) { f.identity.vm_id.clear(); },
       Course::kRefused,
       {"fatal no-vm-id"}},
      {"pre-provisioned, says the media",
       [](Facts& f) { f.ovf->preprovisioned_type = "Savable"; },
       Course::kRefused,
       {"fatal preprovisioned"}},
      {"pre-provisioned, says IMDS",
       [](Facts& f) { f.imds->instance.pps_type = "PreprovisionedOSDisk"; },
       Course::kRefused,
       {"fatal preprovisioned"}},
      {"the metadata proxy agent is not ready",
       [](Facts& f) {
         f.proxy_agent_error = Error(Reason::kProxyAgent, "x").with_detail("not found");
         f.imds.reset();
       },
       Course::kRefused,
       {"fatal proxy-agent"}},
  });
}

TEST_CASE("degraded: what the user should see, while the VM is ready") {
  check({
      {"IMDS down with good media",
       [](Facts& f) {
         f.imds.reset();
         f.imds_error = imds_down();
       },
       Course::kProvision,
       {"degraded imds-connect"}},
      {"bad host name",
       [](Facts& f) { f.imds->instance.computer_name = "web_1"; },
       Course::kProvision,
       {"degraded host-name"}},
      {"one bad key among good ones",
       [](Facts& f) { f.imds->instance.public_keys.push_back({"ssh-rsa x", ""}); },
       Course::kProvision,
       {"degraded ssh-key"}},
      {"no sudo", [](Facts& f) { f.has_sudo = false; }, Course::kProvision, {"degraded sudoers"}},
      {"missing group",
       [](Facts& f) { f.accounts.groups = {"wheel", "adm"}; },
       Course::kProvision,
       {"degraded group"}},
      {"password too long, with a key",
       [](Facts& f) { f.ovf->password = Secret(std::string(73, 'x')); },
       Course::kProvision,
       {"degraded password-length"}},
      {"custom data, which this version does not run",
       [](Facts& f) { f.ovf->custom_data = Secret("#!/bin/sh"); },
       Course::kProvision,
       {"degraded custom-data"}},
      {"custom data wins over userData",
       [](Facts& f) {
         f.ovf->custom_data = Secret("#!/bin/sh");
         f.imds->instance.has_custom_data = true;
         f.imds->instance.has_user_data = true;
       },
       Course::kProvision,
       {"degraded custom-data"}},
      {"announced custom data that no media brought",
       [](Facts& f) {
         f.ovf.reset();
         f.imds->instance.has_custom_data = true;
       },
       Course::kProvision,
       {"degraded custom-data-missing"}},
      {"userData",
       [](Facts& f) { f.imds->instance.has_user_data = true; },
       Course::kProvision,
       {"degraded custom-data"}},
      {"none of it",
       [](Facts& f) { f.imds->instance.has_custom_data = false; },
       Course::kProvision,
       {}},
      {"all at once, in the order in which they are met",
       [](Facts& f) {
         f.accounts.groups = {"wheel", "adm"};
         f.has_sudo = false;
         f.imds->instance.computer_name = "...";
         f.ovf->custom_data = Secret("x");
       },
       Course::kProvision,
       {"degraded group", "degraded sudoers", "degraded host-name", "degraded custom-data"}},
  });
}

TEST_CASE("note: what is told and means nothing for the user") {
  check({
      {"media unreadable with good IMDS",
       [](Facts& f) {
         f.ovf.reset();
         f.ovf_error = media_bad();
       },
       Course::kProvision,
       {"note ovf-malformed"}},
      {"IMDS names another VM",
       [](Facts& f) { f.imds->instance.vm_id = kOtherVm; },
       Course::kProvision,
       {"note no-vm-id"}},
      {"IMDS names this VM in the other byte order",
       [](Facts& f) { f.imds->instance.vm_id = kVmSwapped; },
       Course::kProvision,
       {}},
      {"IMDS names none", [](Facts& f) { f.imds->instance.vm_id.clear(); }, Course::kProvision, {}},
      {"values of IMDS that were ignored",
       [](Facts& f) { f.imds->instance.warnings = {"a is no text", "b is too long"}; },
       Course::kProvision,
       {"note imds-invalid-key", "note imds-invalid-key"}},
      {"a host name that was cut",
       [](Facts& f) { f.imds->instance.computer_name = std::string(60, 'a') + ".example.org"; },
       Course::kProvision,
       {"note host-name"}},
  });
}

TEST_CASE("warnings of the configuration are notes, on every course") {
  Config config;
  config.warnings = {"/a.conf:3: unknown key 'X' in section [Y] is ignored"};
  auto facts = good_facts();
  for (const auto course : {Course::kProvision, Course::kDone, Course::kRefused}) {
    if (course == Course::kDone) {
      facts.state.vm_id = kVm;
      facts.state.provisioned = Provisioned{};
    }
    if (course == Course::kRefused) facts.identity.vm_id.clear();
    const auto plan = make_plan(facts, config);
    CHECK(plan.course == course);
    REQUIRE_FALSE(plan.findings.empty());
    CHECK(plan.findings[0].severity == Severity::kNote);
    CHECK(plan.findings[0].error.to_string() == config.warnings[0]);
  }
}

TEST_CASE("a failure of both sources tells of both") {
  auto facts = bare_facts();
  facts.imds_error = imds_down();
  CHECK(make_plan(facts, Config{}).fatal()->to_string() ==
        "there is no provisioning media, and IMDS gave nothing either: refused");
  facts.ovf_error = media_bad();
  CHECK(make_plan(facts, Config{}).fatal()->to_string() ==
        "the provisioning media gave nothing (not XML), and IMDS gave nothing either: refused");
}

TEST_CASE("the proxy agent's failure is told to the host in cloud-init's words") {
  auto facts = good_facts();
  facts.proxy_agent_error =
      Error(Reason::kProxyAgent, "exit status 1").with_detail("status failure");
  const auto plan = make_plan(facts, Config{});
  REQUIRE(plan.fatal() != nullptr);
  CHECK(azl::imds::kvp_reason(*plan.fatal()) == "azure-proxy-agent status failure");
  CHECK(plan.fatal()->to_string() ==
        "ovf-env.xml asks for the metadata proxy agent: exit status 1");
}

TEST_CASE("the size of custom data is known, its content is nowhere") {
  auto facts = good_facts();
  facts.ovf->custom_data = Secret("planted-secret");
  facts.ovf->password = Secret("planted-password");
  const auto plan = make_plan(facts, Config{});
  CHECK(plan.custom_data_size == 14);
  CHECK(to_json(plan).find("planted") == std::string::npos);
}

TEST_CASE("severities and courses have their words") {
  CHECK(to_string(Severity::kNote) == "note");
  CHECK(to_string(Severity::kDegraded) == "degraded");
  CHECK(to_string(Severity::kFatal) == "fatal");
  CHECK(to_string(Course::kProvision) == "provision");
  CHECK(to_string(Course::kSpecialized) == "specialized");
  CHECK(to_string(Course::kAdopted) == "adopted");
  CHECK(to_string(Course::kDone) == "done");
  CHECK(to_string(Course::kRefused) == "refused");
}
