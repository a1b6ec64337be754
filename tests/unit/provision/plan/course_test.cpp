#include "provision/plan/course.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Error;
using azl::Reason;

namespace {

constexpr const char* kSpecializedWhy =
    "the VM id is new, there is no media, and IMDS names no user: this is a specialized image or "
    "a restored disk";

}  // namespace

TEST_CASE("the course depends on identity, state, other agents' records and sources") {
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
      {"neither media nor IMDS", no_source, Course::kRefused,
       "provisioning stopped; password logins stay off: "},
      {"an image that carries another VM's state", [](Facts& f) { recorded(f, kOtherVm); },
       Course::kProvision,
       "the VM id is new; the last one was 11111111-2222-3333-4444-555555555555"},
      {"provisioned already", [](Facts& f) { recorded(f, kVm); }, Course::kDone,
       "this VM was provisioned at 2026-01-02T03:04:05+00:00 by azl-provision"},
      {"provisioned, id in the other byte order", [](Facts& f) { recorded(f, kVmSwapped); },
       Course::kDone, "this VM was provisioned at 2026-01-02T03:04:05+00:00 by azl-provision"},
      {"provisioned, and WALinuxAgent's file names it too",
       [&](Facts& f) {
         recorded(f, kVm);
         waagent(f);
       },
       Course::kDone, "this VM was provisioned at 2026-01-02T03:04:05+00:00 by azl-provision"},
      {"an earlier boot began and lost power", begun, Course::kProvision,
       "an earlier boot began to provision this VM, but did not finish"},
      {"provisioned by WALinuxAgent", waagent, Course::kAdopted,
       "WALinuxAgent provisioned this VM, according to /var/lib/waagent/provisioned"},
      {"provisioned by WALinuxAgent, no source answers",
       [&](Facts& f) {
         waagent(f);
         no_source(f);
       },
       Course::kAdopted,
       "WALinuxAgent provisioned this VM, according to /var/lib/waagent/provisioned"},
      {"this agent began, so it wrote WALinuxAgent's file",
       [&](Facts& f) {
         waagent(f);
         begun(f);
       },
       Course::kProvision, "an earlier boot began to provision this VM, but did not finish"},
      {"this agent began for another VM, so WALinuxAgent wrote its file",
       [&](Facts& f) {
         waagent(f);
         begun(f);
         f.state.vm_id = kOtherVm;
       },
       Course::kAdopted,
       "WALinuxAgent provisioned this VM, according to /var/lib/waagent/provisioned"},
      {"this agent did not begin, so WALinuxAgent wrote its file",
       [&](Facts& f) {
         waagent(f);
         f.state.vm_id = kVm;
       },
       Course::kAdopted,
       "WALinuxAgent provisioned this VM, according to /var/lib/waagent/provisioned"},
      {"IMDS names no user, no media", unnamed, Course::kSpecialized, kSpecializedWhy},
      {"IMDS names no user, no media, on a restored disk",
       [&](Facts& f) {
         unnamed(f);
         recorded(f, kOtherVm);
       },
       Course::kSpecialized, kSpecializedWhy},
      {"IMDS names no user, no media, on a fresh disk that nobody can log in to",
       [&](Facts& f) {
         unnamed(f);
         f.accounts.accounts.pop_back();
       },
       Course::kRefused,
       "provisioning stopped; password logins stay off: neither IMDS nor ovf-env.xml names a user"},
      {"IMDS names no user, no media, and another agent's record of another VM",
       [&](Facts& f) {
         unnamed(f);
         f.accounts.accounts.pop_back();
         f.earlier_record = OtherAgent{"cloud-init", "/var/lib/cloud/data/instance-id"};
       },
       Course::kSpecialized, kSpecializedWhy},
      {"IMDS names no user, and the unreadable media may name one",
       [&](Facts& f) {
         unnamed(f);
         f.ovf_error = Error(Reason::kMediaUnreadable, "bad sector");
       },
       Course::kRefused,
       "provisioning stopped; password logins stay off: neither IMDS nor ovf-env.xml names a user"},
      {"neither media nor IMDS names a user",
       [](Facts& f) {
         f.imds->instance.admin_username.clear();
         f.ovf->user_name.clear();
       },
       Course::kRefused,
       "provisioning stopped; password logins stay off: neither IMDS nor ovf-env.xml names a user"},
      {"no VM id", [](Facts& f) { f.identity.vm_id.clear(); }, Course::kRefused,
       "without a VM id nothing can be recorded or reported"},
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
    CHECK_FALSE(plan.host_keys.why.empty());  // every decision has a reason
    CHECK_FALSE(plan.machine_id.why.empty());
    CHECK_FALSE(plan.guest_agent.why.empty());
    if (plan.sshd) CHECK_FALSE(plan.sshd->why.empty());
  }
}

TEST_CASE("courses have fixed names") {
  CHECK(to_string(Course::kProvision) == "provision");
  CHECK(to_string(Course::kSpecialized) == "specialized");
  CHECK(to_string(Course::kAdopted) == "adopted");
  CHECK(to_string(Course::kDone) == "done");
  CHECK(to_string(Course::kRefused) == "refused");
}
