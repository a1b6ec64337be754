#include "provision/plan/machine_id.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("the machine id is renewed only if a record shows that it belongs to another VM") {
  struct Row {
    std::string what;
    Change change;
    bool renew;
    std::string why;
  };
  const std::string next = "; the new one takes effect at the next boot";
  const std::vector<Row> rows = {
      {"no machine id in the image", [](Facts& f) { f.machine_id.clear(); }, false,
       "the image has none; systemd makes one"},
      {"a machine id in the image, no record", [](Facts&) {}, false,
       "no record shows that it belongs to another VM"},
      {"cloud-init's record names another VM",
       [](Facts& f) {
         f.earlier_record = OtherAgent{"cloud-init", "/var/lib/cloud/data/instance-id"};
       },
       true,
       "the image has the one of another VM, according to /var/lib/cloud/data/instance-id of "
       "cloud-init" +
           next},
      {"WALinuxAgent's record names another VM, and systemd made a machine id on this boot",
       [](Facts& f) {
         f.earlier_record = OtherAgent{"WALinuxAgent", "/var/lib/waagent/provisioned"};
         f.machine_id_is_new = true;
       },
       false, "systemd made it on this boot"},
      {"this agent's record of this VM, which renewed it, and WALinuxAgent's of another VM",
       [](Facts& f) {
         f.state.vm_id = kVm;
         f.state.begun = true;
         f.earlier_record = OtherAgent{"WALinuxAgent", "/var/lib/waagent/provisioned"};
       },
       false, "no record shows that it belongs to another VM"},
      {"recorded for another VM", [](Facts& f) { recorded(f, kOtherVm); }, true,
       "the image has the one of VM " + std::string(kOtherVm) + next},
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
      {"an earlier boot began, but did not renew it",
       [](Facts& f) {
         f.state.vm_id = kVm;
         f.state.begun = true;
         f.state.stale_machine_id = "aa";
       },
       true, "the image has the one of another VM" + next},
      {"an earlier boot began and renewed it",
       [](Facts& f) {
         f.state.vm_id = kVm;
         f.state.begun = true;
         f.state.stale_machine_id = "old";
       },
       false, "no record shows that it belongs to another VM"},
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
