// make_plan: the courses, the sources, and what is replaced. The user: plan_user_test.cpp; what
// each finding means: plan_severity_test.cpp.
#include "provision/plan/plan.h"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/samples.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Error;
using azl::Reason;

namespace {

using Words = std::vector<std::string>;
using Change = std::function<void(Facts&)>;

Plan plan_of(const Facts& facts) { return make_plan(facts, Config{}); }

Facts changed(const Change& change) {
  auto facts = good_facts();
  change(facts);
  return facts;
}

void no_ovf(Facts& f) {
  f.ovf.reset();
  f.ovf_source.clear();
}
void no_imds(Facts& f) {
  f.imds.reset();
  f.imds_error = Error(Reason::kImdsHttp, "503").with_http_status(503);
}
void no_source(Facts& f) {
  no_ovf(f);
  no_imds(f);
}
/// The tree was provisioned for a VM by this agent.
void recorded(Facts& f, const char* vm_id) {
  f.state.vm_id = vm_id;
  f.state.host_keys_made = true;
  f.state.machine_id = "aa";
  f.state.guest_agent = true;
  f.state.provisioned =
      Provisioned{.at = "2026-01-02T03:04:05+00:00", .by = "azl-provision", .boot_id = "b"};
}

}  // namespace

TEST_CASE("the course follows from identity, state, other agents' records and sources") {
  struct Row {
    std::string what;
    Change change;
    Course course;
    std::string why;
  };
  const auto waagent = [](Facts& f) {
    f.provisioned_by = OtherAgent{"WALinuxAgent", "/var/lib/waagent/provisioned"};
  };
  const auto begun = [](Facts& f) {
    f.state.vm_id = kVm;
    f.state.begun = true;
  };
  const auto unnamed = [](Facts& f) {
    no_ovf(f);
    f.imds->instance.admin_username.clear();
    f.accounts.accounts.push_back(
        {.name = "old", .uid = 1000, .gid = 1000, .home = "/home/old", .shell = "/bin/bash"});
  };
  const std::vector<Row> rows = {
      {"both sources", [](Facts&) {}, Course::kProvision, "no VM was provisioned here before"},
      {"IMDS only", no_ovf, Course::kProvision, "no VM was provisioned here before"},
      {"media only", no_imds, Course::kProvision, "no VM was provisioned here before"},
      {"media only, IMDS not asked", [](Facts& f) { f.imds.reset(); }, Course::kProvision,
       "no VM was provisioned here before"},
      {"neither", no_source, Course::kRefused,
       "from here on only what keeps the machine closed is changed: "},
      {"an image that carries another VM's state", [](Facts& f) { recorded(f, kOtherVm); },
       Course::kProvision,
       "the VM id is new; the last one was 11111111-2222-3333-4444-555555555555"},
      {"provisioned already", [](Facts& f) { recorded(f, kVm); }, Course::kDone,
       "this VM was provisioned at 2026-01-02T03:04:05+00:00 by azl-provision"},
      {"provisioned, id in the other byte order", [](Facts& f) { recorded(f, kVmSwapped); },
       Course::kDone, "this VM was provisioned at 2026-01-02T03:04:05+00:00 by azl-provision"},
      {"provisioned, though WALinuxAgent's file names it too",
       [&](Facts& f) {
         recorded(f, kVm);
         waagent(f);
       },
       Course::kDone, "this VM was provisioned at 2026-01-02T03:04:05+00:00 by azl-provision"},
      {"begun, then the power failed", begun, Course::kProvision,
       "provisioning of this VM was begun and not finished"},
      {"by WALinuxAgent", waagent, Course::kAdopted,
       "WALinuxAgent provisioned this VM: /var/lib/waagent/provisioned names it"},
      {"by WALinuxAgent, no source answers",
       [&](Facts& f) {
         waagent(f);
         no_source(f);
       },
       Course::kAdopted, "WALinuxAgent provisioned this VM: /var/lib/waagent/provisioned names it"},
      {"WALinuxAgent's file is ours: this agent has begun",
       [&](Facts& f) {
         waagent(f);
         begun(f);
       },
       Course::kProvision, "provisioning of this VM was begun and not finished"},
      {"begun for another VM: WALinuxAgent's file is its own",
       [&](Facts& f) {
         waagent(f);
         begun(f);
         f.state.vm_id = kOtherVm;
       },
       Course::kAdopted, "WALinuxAgent provisioned this VM: /var/lib/waagent/provisioned names it"},
      {"known but not begun: WALinuxAgent's file is its own",
       [&](Facts& f) {
         waagent(f);
         f.state.vm_id = kVm;
       },
       Course::kAdopted, "WALinuxAgent provisioned this VM: /var/lib/waagent/provisioned names it"},
      {"IMDS names no user, no media", unnamed, Course::kSpecialized,
       "a new VM id, no media, and IMDS names no user: a specialized image or a restored disk"},
      {"the same on a restored disk",
       [&](Facts& f) {
         unnamed(f);
         recorded(f, kOtherVm);
       },
       Course::kSpecialized,
       "a new VM id, no media, and IMDS names no user: a specialized image or a restored disk"},
      {"IMDS names no user, no media, and nobody could log in: no machine, but an outage",
       [&](Facts& f) {
         unnamed(f);
         f.accounts.accounts.pop_back();
       },
       Course::kRefused,
       "from here on only what keeps the machine closed is changed: neither IMDS nor ovf-env.xml "
       "names a user"},
      {"the same, with another agent's record of another VM",
       [&](Facts& f) {
         unnamed(f);
         f.accounts.accounts.pop_back();
         f.earlier_record = OtherAgent{"cloud-init", "/var/lib/cloud/data/instance-id"};
       },
       Course::kSpecialized,
       "a new VM id, no media, and IMDS names no user: a specialized image or a restored disk"},
      {"IMDS names no user, media unreadable: it may name one",
       [&](Facts& f) {
         unnamed(f);
         f.ovf_error = Error(Reason::kMediaUnreadable, "bad sector");
       },
       Course::kRefused,
       "from here on only what keeps the machine closed is changed: neither IMDS nor "
       "ovf-env.xml names a user"},
      {"media names no user and IMDS neither",
       [](Facts& f) {
         f.imds->instance.admin_username.clear();
         f.ovf->user_name.clear();
       },
       Course::kRefused,
       "from here on only what keeps the machine closed is changed: neither IMDS nor "
       "ovf-env.xml names a user"},
      {"a pre-provisioned VM without a user",
       [&](Facts& f) {
         unnamed(f);
         f.imds->instance.pps_type = "Running";
       },
       Course::kRefused,
       "from here on only what keeps the machine closed is changed: this is a "
       "pre-provisioned VM (type Running), which this version does not serve"},
      {"no VM id", [](Facts& f) { f.identity.vm_id.clear(); }, Course::kRefused,
       "without a VM id nothing can be remembered or reported"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto plan = plan_of(changed(row.change));
    CHECK(to_string(plan.course) == to_string(row.course));
    CHECK_MESSAGE(plan.course_why.starts_with(row.why), plan.course_why);
    CHECK((plan.fatal() != nullptr) == (row.course == Course::kRefused));
    CHECK(plan.user.has_value() == (row.course == Course::kProvision));
    CHECK(plan.hostname.has_value() == (row.course == Course::kProvision));
    const bool changes = row.course == Course::kProvision || row.course == Course::kRefused;
    if (!changes) CHECK_FALSE((plan.host_keys.yes || plan.machine_id.yes || plan.sshd.has_value()));
    CHECK_FALSE(plan.host_keys.why.empty());  // every decision has its reason
    CHECK_FALSE(plan.machine_id.why.empty());
    CHECK_FALSE(plan.guest_agent.why.empty());
    if (plan.sshd) CHECK_FALSE(plan.sshd->why.empty());
  }
}

TEST_CASE("the plan says where it comes from") {
  CHECK(plan_of(good_facts()).vm_id == kVm);
  CHECK(plan_of(good_facts()).from_ovf);
  CHECK(plan_of(good_facts()).imds_version == "2025-04-07");
  CHECK_FALSE(plan_of(changed(no_ovf)).from_ovf);
  CHECK(plan_of(changed(no_imds)).imds_version.empty());
}

TEST_CASE("IMDS wins over the media, and either alone is enough") {
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
      {"IMDS says nothing of it all",
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
      {"neither speaks of password logins, no password",
       [](Facts& f) { f.imds->instance.disable_password_authentication.reset(); },
       "ann",
       imds_user,
       "web-1",
       imds_host,
       {kPrint1},
       false,
       "no password was given"},
      {"neither speaks of password logins, a password",
       [](Facts& f) {
         f.imds->instance.disable_password_authentication.reset();
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
    const auto plan = plan_of(changed(row.change));
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

TEST_CASE("sshd is configured where there is one and it is wanted, and closed after a failure") {
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

TEST_CASE("host keys are replaced where the VM is new, after a failure too") {
  struct Row {
    std::string what;
    Change change;
    bool replace;
    std::string why;
  };
  const auto bad_user = [](Facts& f) { f.imds->instance.admin_username = "../x"; };
  const std::vector<Row> rows = {
      {"a new VM", [](Facts&) {}, true, "the VM id is new"},
      {"an image of another VM", [](Facts& f) { recorded(f, kOtherVm); }, true, "the VM id is new"},
      {"begun, keys not made yet",
       [](Facts& f) {
         f.state.vm_id = kVm;
         f.state.begun = true;
       },
       true, "the VM id is new"},
      {"begun, keys made",
       [](Facts& f) {
         f.state.vm_id = kVmSwapped;
         f.state.begun = f.state.host_keys_made = true;
       },
       false, "they were made for this VM already"},
      {"refused", bad_user, true, "the VM id is new"},
      {"refused, an image of another VM",
       [&](Facts& f) {
         bad_user(f);
         recorded(f, kOtherVm);
       },
       true, "the VM id is new"},
      {"no source at all, a fresh image", no_source, true, "the VM id is new"},
      {"no source at all, and the tree was another VM's: perhaps a restored machine",
       [](Facts& f) {
         no_source(f);
         recorded(f, kOtherVm);
       },
       false, "nothing says that this is a new machine and not a restored one"},
      {"no source at all, this VM known",
       [](Facts& f) {
         no_source(f);
         f.state.vm_id = kVm;
       },
       true, "the VM id is new"},
      {"no sshd", [](Facts& f) { f.has_sshd = false; }, false, "there is no sshd here"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto plan = plan_of(changed(row.change));
    CHECK(plan.host_keys.yes == row.replace);
    CHECK(plan.host_keys.why == row.why);
  }
  Config keep;
  keep.replace_host_keys = false;
  CHECK_FALSE(make_plan(good_facts(), keep).host_keys.yes);
  CHECK(make_plan(good_facts(), keep).host_keys.why == "[Ssh] HostKeys=keep");
}

TEST_CASE("the machine id is renewed only where a record shows that it is another VM's") {
  struct Row {
    std::string what;
    Change change;
    bool renew;
    std::string why;
  };
  const std::string next = "; the new one counts from the next boot on";
  const std::vector<Row> rows = {
      {"none in the image", [](Facts& f) { f.machine_id.clear(); }, false,
       "the image has none, systemd makes it"},
      {"one in the image, no record", [](Facts&) {}, false,
       "no record says that it is another VM's"},
      {"recorded for another VM", [](Facts& f) { recorded(f, kOtherVm); }, true,
       "the image carries that of VM " + std::string(kOtherVm) + next},
      {"another VM's record, of another machine id",
       [](Facts& f) {
         recorded(f, kOtherVm);
         f.state.machine_id = "bb";
       },
       false, "it is not the one recorded for VM " + std::string(kOtherVm)},
      {"another VM's record without a machine id",
       [](Facts& f) {
         recorded(f, kOtherVm);
         f.state.machine_id.clear();
       },
       false, "it is not the one recorded for VM " + std::string(kOtherVm)},
      {"begun before it was renewed",
       [](Facts& f) {
         f.state.vm_id = kVm;
         f.state.begun = true;
         f.state.stale_machine_id = "aa";
       },
       true, "the image carries that of another VM" + next},
      {"begun and renewed",
       [](Facts& f) {
         f.state.vm_id = kVm;
         f.state.begun = true;
         f.state.stale_machine_id = "old";
       },
       false, "no record says that it is another VM's"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto facts = good_facts();
    facts.machine_id = "aa";
    row.change(facts);
    const auto plan = plan_of(facts);
    CHECK(plan.machine_id.yes == row.renew);
    CHECK(plan.machine_id.why == row.why);
  }
}

TEST_CASE("the guest agent is handed over to unless the media forbids it") {
  CHECK(plan_of(good_facts()).guest_agent.yes);
  CHECK(plan_of(changed([](Facts& f) { f.ovf->provision_guest_agent = true; })).guest_agent.yes);
  const auto no = plan_of(changed([](Facts& f) { f.ovf->provision_guest_agent = false; }));
  CHECK_FALSE(no.guest_agent.yes);
  CHECK(no.guest_agent.why == "ProvisionGuestAgent=false in ovf-env.xml");
  CHECK(plan_of(changed(no_ovf)).guest_agent.yes);
  // Where nothing is decided anew it is as it was.
  CHECK(plan_of(changed([](Facts& f) { recorded(f, kVm); })).guest_agent.yes);
  CHECK_FALSE(plan_of(changed([](Facts& f) {
                recorded(f, kVm);
                f.state.guest_agent = false;
              })).guest_agent.yes);
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
