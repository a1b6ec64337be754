#include "tests/platform/scenario.h"

#include <fstream>

#include <doctest/doctest.h>

#include "tests/platform/examples.h"
#include "tests/unit/temporary_tree.h"

namespace azl::platform {
namespace {

TEST_CASE("an empty object is a valid scenario with defaults") {
  const auto scenario = parse_scenario("{}");
  REQUIRE(scenario);
  CHECK(scenario->vm.vm_id == "6b53fe79-c00b-4abe-9387-43fae70865fb");
  CHECK(scenario->vm.admin_username == "azureuser");
  CHECK(scenario->vm.disable_password_authentication);
  CHECK(scenario->vm.ssh_keys.size() == 1);
  REQUIRE(scenario->vm.interfaces.size() == 1);
  CHECK(scenario->vm.interfaces[0].mac == "000D3A5C7E10");
  CHECK(scenario->imds.api_versions.front() == "2025-04-07");
  CHECK(scenario->wireserver.incarnation == "1");
  CHECK(scenario->has_media());
}

TEST_CASE("each member of a scenario is read") {
  const auto scenario = parse_scenario(R"({
    // comments are allowed
    "vm": {"vm_id": "2F0C9D1E-58A7-4B36-8F41-7C6E0D9A3B52", "generation": 1, "name": "web-1",
           "location": "westus3", "zone": "2", "size": "Standard_B2s", "admin_username": "ann",
           "disable_password_authentication": false, "password": "p", "ssh_keys": [],
           "custom_data": "c", "user_data": "u", "pps_type": "Savable",
           "interfaces": [{"mac": "00-0d-3a-aa-bb-cc", "ipv4": [], "subnet": "10.1.0.0/16",
                           "ipv6": ["fd00::1"]}, {}],
           "data_disks": [0, 63], "resource_disk_kb": 1024, "tags": {"b": "2", "a": "1"},
           "provision_guest_agent": false, "provision_guest_proxy_agent": true},
    "imds": {"enabled": false, "api_versions": ["2021-08-01"], "body": {"compute": {}},
             "faults": [{"request": "2-4", "nth": 1, "match": "/metadata", "do": "status",
                         "status": 429, "retry_after": 2, "delay_ms": 300, "body": "no"}]},
    "wireserver": {"enabled": false, "json_health": false, "incarnation": "7",
                   "new_incarnation_after": 3, "container_id": "c", "role_instance_id": "r",
                   "faults": [{"do": "huge", "chunked": true}]},
    "ovf": {"enabled": false, "body": "<x/>", "omit": ["HostName"], "user_name": "bob",
            "host_name": "h", "password": "q", "disable_password_authentication": true,
            "ssh_keys": ["k"], "custom_data": "d", "custom_data_base64": "!!",
            "pps_type": "Running", "provision_guest_agent": true,
            "provision_guest_proxy_agent": false}})");
  if (!scenario) FAIL(scenario.error());

  const Vm& vm = scenario->vm;
  CHECK(vm.vm_id == "2f0c9d1e-58a7-4b36-8f41-7c6e0d9a3b52");
  CHECK(vm.generation == 1);
  CHECK(vm.computer_name == "web-1");  // defaults to the name
  CHECK(vm.zone == "2");
  CHECK(vm.password == "p");
  CHECK(vm.ssh_keys.empty());
  REQUIRE(vm.interfaces.size() == 2);
  CHECK(vm.interfaces[0].mac == "000D3AAABBCC");
  CHECK(vm.interfaces[0].ipv6 == std::vector<std::string>{"fd00::1"});
  CHECK(vm.interfaces[1].subnet == "10.0.0.0/24");
  CHECK(vm.data_disks == std::vector<unsigned>{0, 63});
  CHECK(vm.tags.front().first == "b");  // in the order of the file
  CHECK_FALSE(vm.provision_guest_agent);
  CHECK(vm.provision_guest_proxy_agent);

  CHECK_FALSE(scenario->imds.enabled);
  REQUIRE(scenario->imds.faults.size() == 1);
  const Fault& fault = scenario->imds.faults[0];
  CHECK(fault.request == RequestRange{2, 4});
  CHECK(fault.nth == RequestRange{1, 1});
  CHECK(fault.match == "/metadata");
  CHECK(fault.action == FaultAction::kStatus);
  CHECK(fault.status == 429);
  CHECK(fault.retry_after == 2);
  CHECK(fault.delay == std::chrono::milliseconds(300));
  CHECK(fault.body == "no");
  CHECK(scenario->imds.body == "{\n  \"compute\": {}\n}");

  CHECK_FALSE(scenario->wireserver.json_health);
  CHECK(scenario->wireserver.new_incarnation_after == 3);
  REQUIRE(scenario->wireserver.faults.size() == 1);
  CHECK(scenario->wireserver.faults[0].chunked);
  CHECK(scenario->ovf.user_name == "bob");
  CHECK(scenario->ovf.custom_data_base64 == "!!");
  CHECK(scenario->ovf.pps_type == "Running");
  CHECK_FALSE(scenario->has_media());
}

TEST_CASE("each mistake in a scenario is reported with its path and what is allowed") {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row rows[] = {
      {"[]", "the scenario: must be an object {…}, not array"},
      {R"({"wm": {}})", R"(wm: unknown key; did you mean "vm"?)"},
      {R"({"vm": {"admin_user_name": "x"}})",
       R"(vm.admin_user_name: unknown key; did you mean "admin_username"?)"},
      {R"({"vm": {"interfaces": [{"zzz": 1}]}})",
       "vm.interfaces[0].zzz: unknown key; known keys are mac, ipv4, subnet, ipv6"},
      {R"({"vm": "x"})", "vm: must be an object {…}, not string"},
      {R"({"imds": {"requests_per_second": 2, "spent_requests": 3}})",
       "imds.spent_requests: must be at most requests_per_second"},
      {R"({"imds": {"body_file": "/nonexistent/body"}})", "imds.body_file: could not be read"},
      {R"({"imds": {"body": {}, "body_file": "/nonexistent/body"}})",
       "imds.body_file: cannot be given beside body"},
      {R"({"vm": {"name": 7}})", "vm.name: must be a string"},
      {R"({"vm": {"vm_id": "7"}})", "vm.vm_id: must be a UUID"},
      {R"({"vm": {"generation": 3}})", "vm.generation: must be 1 or 2"},
      {R"({"vm": {"generation": -1}})",
       "vm.generation: must be a whole number from 0 to 4294967295"},
      {R"({"vm": {"specialized": "yes"}})", "vm.specialized: must be true or false"},
      {R"({"vm": {"ssh_keys": "k"}})", "vm.ssh_keys: must be a list of strings"},
      {R"({"vm": {"data_disks": [1.5]}})", "vm.data_disks: must be a list of whole numbers"},
      {R"({"vm": {"tags": {"a": 1}}})", "vm.tags: must be an object of strings"},
      {R"({"pps": {}})", "pps: needs a vm.pps_type other than None"},
      {R"({"vm": {"pps_type": "Running"}, "pps": {"status": 99, "vm_id": "x"}})",
       "pps.status: must be from 200 to 599\npps.vm_id: must be a UUID"},
      {R"({"vm": {"pps_type": "Some"}})",
       "vm.pps_type: must be one of None, Running, Savable, PreprovisionedOSDisk"},
      {R"({"vm": {"interfaces": {}}})", "vm.interfaces: must be a list of objects"},
      {R"({"vm": {"interfaces": [{"mac": "00:0d"}]}})",
       "vm.interfaces[0].mac: must be a MAC address like 00:0d:3a:5c:7e:10"},
      {R"({"vm": {"interfaces": [{"subnet": "10.0.0.0/33"}]}})",
       "vm.interfaces[0].subnet: must be like 10.0.0.0/24"},
      {R"({"vm": {"interfaces": [{"ipv4": ["10.0.0"]}]}})",
       "vm.interfaces[0].ipv4: 10.0.0 is not an IPv4 address"},
      {R"({"imds": {"api_versions": []}})", "imds.api_versions: must name at least one version"},
      {R"({"imds": {"vm_id": "7"}})", "imds.vm_id: must be a UUID"},
      {R"({"imds": {"omit": ["nic"]}})",
       "imds.omit: \"nic\" is not one of compute, network, extended"},
      {R"({"imds": {"faults": [{"request": 1}]}})",
       "imds.faults[0].do: must be one of status, delay, hold, reset, close, hang, truncate, "
       "garbage, huge"},
      {R"({"imds": {"faults": [{"do": "reset", "request": 0}]}})",
       R"(imds.faults[0].request: must be a number from 1, "2-4", "5-" or "all")"},
      {R"({"imds": {"faults": [{"do": "status", "status": 99}]}})",
       "imds.faults[0].status: must be from 200 to 599"},
      {R"({"wireserver": {"incarnation": "a"}})",
       "wireserver.incarnation: must be a string of 1 to 9 digits"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto scenario = parse_scenario(row.text);
    REQUIRE_FALSE(scenario);
    CHECK(scenario.error() == row.message);
  }
}

TEST_CASE("all mistakes are reported together") {
  const auto scenario = parse_scenario(R"({"vm": {"name": 7, "size": 8}})");
  REQUIRE_FALSE(scenario);
  CHECK(scenario.error() == "vm.name: must be a string\nvm.size: must be a string");
}

TEST_CASE("a JSON syntax error is reported with its line") {
  const auto scenario = parse_scenario("{\n  \"vm\": {,}\n}");
  REQUIRE_FALSE(scenario);
  CHECK(scenario.error().find("line 2, column") != std::string::npos);
}

TEST_CASE("omitting an element that ovf-env.xml does not have is a mistake") {
  const auto scenario = parse_scenario(R"({"ovf": {"omit": ["Hostname"]}})");
  REQUIRE_FALSE(scenario);
  CHECK(
      scenario.error().starts_with("ovf.omit: \"Hostname\" is not an element of ovf-env.xml; the "
                                   "elements are ProvisioningSection, Version,"));
}

TEST_CASE("a large body is read from a file of its own, also an empty one") {
  const azl::test::TemporaryTree tree;
  for (const auto& text : {std::string("{\"compute\": {}}\0\n", 17), std::string()}) {
    std::ofstream(tree.path("body"), std::ios::binary) << text;
    const auto scenario =
        parse_scenario(R"({"imds": {"body_file": ")" + tree.path("body") + R"("}})");
    REQUIRE(scenario);
    CHECK(scenario->imds.body == text);
  }
}

TEST_CASE("the error for an unreadable scenario file names the file") {
  const auto scenario = load_scenario("/nonexistent/scenario.json");
  REQUIRE_FALSE(scenario);
  CHECK(scenario.error() == "/nonexistent/scenario.json: could not be read");
}

TEST_CASE("every example is a valid scenario") {
  for (const Example& example : examples()) {
    CAPTURE(example.name);
    const auto scenario = parse_scenario(example.text);
    CHECK_MESSAGE(scenario.has_value(), (scenario ? "" : scenario.error()));
  }
  CHECK(find_example("default"));
  CHECK_FALSE(find_example("none"));
}

}  // namespace
}  // namespace azl::platform
