#include "tests/platform/fleet_vm.h"

#include <set>

#include <doctest/doctest.h>

namespace azl::platform {
namespace {

TEST_CASE("a VM of a fleet has an identity of its own, and the rest is the scenario's") {
  auto scenario = parse_scenario(R"({"vm": {"vm_id": "6b53fe79-c00b-4abe-9387-0000000000ff",
      "name": "web", "computer_name": "host", "admin_username": "anna"}})");
  REQUIRE(scenario);
  const Scenario member = fleet_member(*scenario, 2);
  CHECK(member.vm.vm_id == "6b53fe79-c00b-4abe-9387-000000000101");
  CHECK(member.vm.name == "web-2");
  CHECK(member.vm.computer_name == "host-2");
  CHECK(member.vm.interfaces.at(0).mac == "000D3A5C7E12");
  CHECK(member.vm.admin_username == "anna");
}

TEST_CASE("no two VMs of a fleet share an id, a name or a MAC address") {
  auto scenario = parse_scenario(R"({"vm": {"vm_id": "6b53fe79-c00b-4abe-9387-fffffffffff0",
      "interfaces": [{"mac": "00:0d:3a:00:00:01"}, {"mac": "00:0d:3a:00:00:02"}]}})");
  REQUIRE(scenario);
  std::set<std::string> seen;
  for (unsigned number = 1; number <= 50; ++number) {
    const Scenario member = fleet_member(*scenario, number);
    CHECK(seen.insert(member.vm.vm_id).second);
    CHECK(seen.insert(member.vm.name).second);
    for (const Interface& interface : member.vm.interfaces)
      CHECK(seen.insert(interface.mac).second);
  }
}

}  // namespace
}  // namespace azl::platform
