#include "provision/plan/host_keys.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("host keys are replaced on a new VM, even if provisioning fails") {
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
      {"provisioning began, keys not made yet",
       [](Facts& f) {
         f.state.vm_id = kVm;
         f.state.begun = true;
       },
       true, "the VM id is new"},
      {"provisioning began, keys made",
       [](Facts& f) {
         f.state.vm_id = kVmSwapped;
         f.state.begun = f.state.host_keys_made = true;
       },
       false, "they were already made for this VM"},
      {"refused", bad_user, true, "the VM id is new"},
      {"refused, an image of another VM",
       [&](Facts& f) {
         bad_user(f);
         recorded(f, kOtherVm);
       },
       true, "the VM id is new"},
      {"no source, a fresh image", no_source, true, "the VM id is new"},
      {"no source, the disk of another VM",
       [](Facts& f) {
         no_source(f);
         recorded(f, kOtherVm);
       },
       false, "without media and IMDS, this may be a restored machine"},
      {"no source, a state of this VM",
       [](Facts& f) {
         no_source(f);
         f.state.vm_id = kVm;
       },
       true, "the VM id is new"},
      {"no sshd", [](Facts& f) { f.has_sshd = false; }, false, "sshd is not installed"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto plan = plan_of(changed(row.change));
    CHECK(plan.host_keys.yes == row.replace);
    CHECK(plan.host_keys.why == row.why);
  }
  Config keep;
  keep.ssh.replace_host_keys = false;
  CHECK_FALSE(make_plan(good_facts(), keep).host_keys.yes);
  CHECK(make_plan(good_facts(), keep).host_keys.why == "[Ssh] HostKeys=keep");
}
