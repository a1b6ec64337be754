// The rows of docs/architecture.md, "What a failure means", that the plan decides.
// step_table_test.cpp tests the rows of the steps.
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

TEST_CASE("fatal: there is nothing to provision from, or nobody could log in") {
  check({
      {"neither media nor IMDS",
       [](Facts& f) {
         f.ovf.reset();
         f.imds.reset();
         f.imds_error = imds_down();
       },
       Course::kRefused,
       {"fatal imds-connect"}},
      {"no media, and IMDS was not asked",
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
       [](Facts& f) { f.imds->instance.admin_username = f.ovf->user_name = "root"; },
       Course::kRefused,
       {"fatal user-name"}},
      {"no user name",
       [](Facts& f) {
         f.imds->instance.admin_username.clear();
         f.ovf->user_name.clear();
       },
       Course::kRefused,
       {"fatal user-name"}},
      {"no SSH key and no password",
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
      {"the metadata proxy agent is not ready",
       [](Facts& f) {
         f.proxy_agent_error = Error(Reason::kProxyAgent, "x").with_detail("not found");
         f.imds.reset();
       },
       Course::kRefused,
       {"fatal proxy-agent"}},
  });
}

TEST_CASE("degraded: the user should know, but the VM is ready") {
  check({
      {"IMDS down with good media",
       [](Facts& f) {
         f.imds.reset();
         f.imds_error = imds_down();
       },
       Course::kProvision,
       {"degraded imds-connect"}},
      {"bad host name",
       [](Facts& f) { f.imds->instance.computer_name = f.ovf->host_name = "web_1"; },
       Course::kProvision,
       {"degraded host-name"}},
      {"one invalid key among valid ones",
       [](Facts& f) { f.imds->instance.public_keys.push_back({"ssh-rsa x", ""}); },
       Course::kProvision,
       {"degraded ssh-key"}},
      {"no sudo", [](Facts& f) { f.has_sudo = false; }, Course::kProvision, {"degraded sudoers"}},
      {"missing group",
       [](Facts& f) { f.accounts.groups = groups_named({"wheel", "adm"}); },
       Course::kProvision,
       {"degraded group"}},
      {"password too long, with a key",
       [](Facts& f) { f.ovf->password = Secret(std::string(73, 'x')); },
       Course::kProvision,
       {"degraded password-length"}},
      {"IMDS announces custom data that no media has",
       [](Facts& f) {
         f.ovf.reset();
         f.imds->instance.has_custom_data = true;
       },
       Course::kProvision,
       {"degraded custom-data-missing"}},
      {"userData that cannot be decoded",
       [](Facts& f) { f.imds->instance.user_data_bad = true; },
       Course::kProvision,
       {"degraded custom-data"}},
      {"neither custom data nor userData",
       [](Facts& f) { f.imds->instance.has_custom_data = false; },
       Course::kProvision,
       {}},
      {"media unreadable with good IMDS, and it may have had custom data",
       [](Facts& f) {
         f.ovf.reset();
         f.ovf_error = media_bad();
       },
       Course::kProvision,
       {"degraded ovf-malformed"}},
      {"media unreadable with good IMDS, and it may have had a password",
       [](Facts& f) {
         f.ovf.reset();
         f.ovf_error = Error(Reason::kTimeout, "the drive did not become ready");
         f.imds->instance.has_custom_data = false;
         f.imds->instance.disable_password_authentication = false;
       },
       Course::kProvision,
       {"degraded media-unreadable"}},
      {"IMDS speaks for another VM, and [Imds] OtherVm=use",
       [](Facts& f) { f.imds->instance.vm_id = kOtherVm; },
       Course::kProvision,
       {"degraded imds-invalid-key"}},
      {"IMDS does not list the NICs, and gives no valid key",
       [](Facts& f) {
         f.imds->instance.lost = {{"network", "IMDS network is missing"},
                                  {"compute.publicKeys", "IMDS compute.publicKeys is no array"}};
       },
       Course::kProvision,
       {"degraded imds-invalid-key", "degraded imds-invalid-key"}},
      {"media and IMDS name different users",
       [](Facts& f) { f.ovf->user_name = "otto"; },
       Course::kProvision,
       {"degraded user-name"}},
      {"the media's password is for another user than that of IMDS",
       [](Facts& f) {
         f.ovf->user_name = "otto";
         f.ovf->password = Secret("pw");
       },
       Course::kProvision,
       {"degraded user-name", "degraded password"}},
      {"several findings, in the order of the decisions",
       [](Facts& f) {
         f.accounts.groups = groups_named({"wheel", "adm"});
         f.has_sudo = false;
         f.imds->instance.computer_name = f.ovf->host_name = "...";
         f.imds->instance.user_data_bad = true;
       },
       Course::kProvision,
       {"degraded group", "degraded sudoers", "degraded host-name", "degraded custom-data"}},
  });
}

TEST_CASE("custom data and userData are stored, and are no finding") {
  check({
      {"custom data",
       [](Facts& f) { f.ovf->custom_data = Secret("#!/bin/sh"); },
       Course::kProvision,
       {}},
      {"custom data takes precedence over userData, even over one that cannot be decoded",
       [](Facts& f) {
         f.ovf->custom_data = Secret("#!/bin/sh");
         f.imds->instance.has_custom_data = true;
         f.imds->instance.user_data_bad = true;
       },
       Course::kProvision,
       {}},
      {"userData",
       [](Facts& f) { f.imds->instance.user_data = Secret("#!/bin/sh"); },
       Course::kProvision,
       {}},
  });
}

TEST_CASE("note: recorded, but without effect for the user") {
  check({
      {"media unreadable with good IMDS, and it had no password and no custom data",
       [](Facts& f) {
         f.ovf.reset();
         f.ovf_error = media_bad();
         f.imds->instance.has_custom_data = false;
       },
       Course::kProvision,
       {"note ovf-malformed"}},
      {"media and IMDS give different host names",
       [](Facts& f) { f.ovf->host_name = "media-1"; },
       Course::kProvision,
       {"note host-name"}},
      {"media and IMDS give different keys",
       [](Facts& f) { f.ovf->public_keys[0].value = kKey2; },
       Course::kProvision,
       {"note ssh-key"}},
      {"IMDS names this VM in the other byte order",
       [](Facts& f) { f.imds->instance.vm_id = kVmSwapped; },
       Course::kProvision,
       {}},
      {"IMDS names no VM",
       [](Facts& f) { f.imds->instance.vm_id.clear(); },
       Course::kProvision,
       {}},
      {"values of IMDS that were ignored",
       [](Facts& f) { f.imds->instance.warnings = {"a is no text", "b is too long"}; },
       Course::kProvision,
       {"note imds-invalid-key", "note imds-invalid-key"}},
      {"a host name that was shortened",
       [](Facts& f) {
         f.ovf->host_name = std::string(60, 'a') + ".example.org";
         f.imds->instance.computer_name = f.ovf->host_name;
       },
       Course::kProvision,
       {"note host-name"}},
  });
}

TEST_CASE("a bad line of the configuration is a note, or degrades if it may be about logins") {
  Config config;
  config.warnings = {
      {.text = "/a.conf:3: unknown key 'X' in section [Report] is ignored"},
      {.text = "/a.conf:9: unknown key 'Sudoo' in section [User] is ignored", .about_login = true}};
  auto facts = good_facts();
  for (const auto course : {Course::kProvision, Course::kDone, Course::kRefused}) {
    if (course == Course::kDone) {
      facts.state.vm_id = kVm;
      facts.state.provisioned = Provisioned{};
    }
    if (course == Course::kRefused) facts.identity.vm_id.clear();
    const auto plan = make_plan(facts, config);
    CHECK(plan.course == course);
    REQUIRE(plan.findings.size() >= 2);
    CHECK(plan.findings[0].severity == Severity::kNote);
    CHECK(plan.findings[0].error.to_string() == config.warnings[0].text);
    CHECK(plan.findings[1].severity == Severity::kDegraded);
    CHECK(plan.findings[1].error.to_string() == config.warnings[1].text);
  }
}
