// make_plan() as a whole. Each decision has its own test in this directory.
#include "provision/plan/plan.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the plan names its sources") {
  CHECK(plan_of(good_facts()).vm_id == kVm);
  CHECK(plan_of(good_facts()).from_ovf);
  CHECK(plan_of(good_facts()).imds_version == "2025-04-07");
  CHECK_FALSE(plan_of(changed(no_ovf)).from_ovf);
  CHECK(plan_of(changed(no_imds)).imds_version.empty());
}

TEST_CASE("IMDS takes precedence over the media, and either one alone is enough") {
  struct Row {
    std::string what;
    Change change;
    std::string user;
    std::string user_why;
    std::string host;
    std::string host_why;
    Words keys;
    bool password_logins;
    std::string sshd_why;
  };
  const std::string imds_user = "IMDS osProfile.adminUsername";
  const std::string imds_host = "IMDS osProfile.computerName";
  const std::string ovf_user = "UserName in ovf-env.xml";
  const std::string ovf_host = "HostName in ovf-env.xml";
  const std::string imds_sshd = "IMDS osProfile.disablePasswordAuthentication";
  const std::string ovf_sshd = "DisableSshPasswordAuthentication in ovf-env.xml";
  const std::vector<Row> rows = {
      {"both",
       [](Facts& f) { f.ovf->disable_ssh_password_authentication = false; },
       "ann",
       imds_user,
       "web-1",
       imds_host,
       {kPrint1},
       false,
       imds_sshd},
      {"IMDS only", no_ovf, "ann", imds_user, "web-1", imds_host, {kPrint1}, false, imds_sshd},
      {"media only",
       [](Facts& f) {
         no_imds(f);
         f.ovf->disable_ssh_password_authentication = false;
       },
       "otto",
       ovf_user,
       "media-1",
       ovf_host,
       {kPrint2},
       true,
       ovf_sshd},
      {"IMDS allows, media forbids",
       [](Facts& f) {
         f.imds->instance.disable_password_authentication = false;
         f.ovf->disable_ssh_password_authentication = true;
       },
       "ann",
       imds_user,
       "web-1",
       imds_host,
       {kPrint1},
       true,
       imds_sshd},
      {"IMDS gives none of these values",
       [](Facts& f) {
         auto& imds = f.imds->instance;
         imds.admin_username.clear();
         imds.computer_name.clear();
         imds.public_keys.clear();
         imds.disable_password_authentication.reset();
         f.ovf->disable_ssh_password_authentication = true;
       },
       "otto",
       ovf_user,
       "media-1",
       ovf_host,
       {kPrint2},
       false,
       ovf_sshd},
      {"neither source decides about password logins, no password",
       [](Facts& f) { f.imds->instance.disable_password_authentication.reset(); },
       "ann",
       imds_user,
       "web-1",
       imds_host,
       {kPrint1},
       false,
       "no password was given"},
      {"neither source decides about password logins, a password",
       [](Facts& f) {
         f.imds->instance.disable_password_authentication.reset();
         f.ovf->user_name = "ann";
         f.ovf->password = azl::Secret("pw");
       },
       "ann",
       imds_user,
       "web-1",
       imds_host,
       {kPrint1},
       true,
       "a password was given"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto facts = differing_facts();
    row.change(facts);
    const auto plan = plan_of(facts);
    REQUIRE(plan.user);
    CHECK(plan.user->name == row.user);
    CHECK(plan.user->why == row.user_why);
    REQUIRE(plan.hostname);
    CHECK(plan.hostname->value == row.host);
    CHECK(plan.hostname->why == row.host_why);
    CHECK(fingerprints_of(plan) == row.keys);
    REQUIRE(plan.sshd);
    CHECK(plan.sshd->password_authentication == row.password_logins);
    CHECK(plan.sshd->why == row.sshd_why);
  }
}

TEST_CASE("the plan lists the links and the primary") {
  auto facts = good_facts();
  facts.network.links = {
      {.index = 2, .name = "eth0", .mac = {0, 0x0d, 0x3a, 1, 2, 3}, .driver = "hv_netvsc"},
      {.index = 3, .name = "enP1", .mac = {0, 0x0d, 0x3a, 1, 2, 3}, .driver = "mlx5_core"}};
  facts.primary = azl::net::Primary{.link = 2, .certain = true, .why = "x"};
  const auto plan = plan_of(facts);
  CHECK(plan.primary_mac == "00:0d:3a:01:02:03");
  REQUIRE(plan.links.size() == 2);
  CHECK(plan.links[0].name == "eth0");
  CHECK(plan.links[0].role == azl::net::Role::kSynthetic);
  CHECK(plan.links[1].role == azl::net::Role::kVirtualFunction);
  CHECK_FALSE(plan.links[1].why.empty());
  facts.primary.reset();
  CHECK(plan_of(facts).primary_mac.empty());
}

TEST_CASE("a VM in a pool keeps all it has") {
  auto facts = good_facts();
  facts.ovf->preprovisioned_type = "Savable";
  const auto plan = pool_plan(facts, {}, decide_pool(facts, "boot"));
  CHECK(plan.course == Course::kPool);
  CHECK(plan.course_why ==
        "the platform has this VM in a pool; what its user wants is not known yet (PPS Savable)");
  CHECK_FALSE(plan.user);
  CHECK_FALSE(plan.hostname);
  CHECK_FALSE(plan.sshd);
  CHECK_FALSE(plan.host_keys.yes);
  CHECK_FALSE(plan.machine_id.yes);
  CHECK_FALSE(plan.guest_agent.yes);
  CHECK_FALSE(plan.custom_data.yes);
  CHECK(plan.network.files.empty());
  CHECK(plan.findings.empty());
}
