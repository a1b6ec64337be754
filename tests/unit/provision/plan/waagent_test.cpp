#include "provision/plan/waagent.h"

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("the VM is handed over to WALinuxAgent unless the media forbids it") {
  CHECK(plan_of(good_facts()).guest_agent.yes);
  CHECK(plan_of(changed([](Facts& f) { f.ovf->provision_guest_agent = true; })).guest_agent.yes);
  const auto no = plan_of(changed([](Facts& f) { f.ovf->provision_guest_agent = false; }));
  CHECK_FALSE(no.guest_agent.yes);
  CHECK(no.guest_agent.why == "ProvisionGuestAgent=false in ovf-env.xml");
  CHECK(plan_of(changed(no_ovf)).guest_agent.yes);
  // A provisioned VM keeps its earlier decision.
  CHECK(plan_of(changed([](Facts& f) { recorded(f, kVm); })).guest_agent.yes);
  CHECK_FALSE(plan_of(changed([](Facts& f) {
                recorded(f, kVm);
                f.state.guest_agent = false;
              })).guest_agent.yes);
}
