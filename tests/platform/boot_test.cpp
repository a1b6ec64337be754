#include "tests/platform/boot.h"

#include <doctest/doctest.h>

namespace azl::platform {
namespace {

TEST_CASE("the firmware's code and variables come from the same known place") {
  CHECK_FALSE(find_firmware([](const std::string&) { return false; }).has_value());
  const auto fedora = find_firmware(
      [](const std::string& path) { return path.starts_with("/usr/share/edk2/ovmf/"); });
  REQUIRE(fedora);
  CHECK(fedora->code == "/usr/share/edk2/ovmf/OVMF_CODE.fd");
  CHECK(fedora->variables == "/usr/share/edk2/ovmf/OVMF_VARS.fd");
  // Code without variables is of no use.
  CHECK_FALSE(find_firmware([](const std::string& path) { return path.ends_with("CODE.fd"); }));
}

TEST_CASE("a missing program is told with its packages") {
  CHECK(missing_programs([](const std::string&) { return true; }).empty());
  CHECK(missing_programs([](const std::string& name) { return name != "qemu-img"; }) ==
        std::vector<std::string>{
            "qemu-img: in the package qemu-utils (Debian), qemu-img (Azure Linux)"});
}

TEST_CASE("a scenario for a boot has the values that the boot needs, and keeps the others") {
  const std::string text = R"({"vm": {"name": "web", "interfaces": [{"mac": "00:0D:3A:00:00:01"}]},
                               "imds": {"enabled": false}})";
  const auto scenario = parse_scenario(text);
  REQUIRE(scenario);
  const Json complete = complete_scenario(Json::parse(text), *scenario, 1, "ssh-ed25519 AAAA me");
  CHECK(complete["vm"]["name"] == "web");
  CHECK(complete["vm"]["generation"] == 1);
  CHECK(complete["vm"]["admin_username"] == "azureuser");
  CHECK(complete["vm"]["ssh_keys"] == Json::array({"ssh-ed25519 AAAA me"}));
  CHECK(complete["vm"]["interfaces"][0]["mac"] == "00:0d:3a:00:00:01");
  CHECK(complete["vm"]["interfaces"][0]["ipv4"] == Json::array({"10.0.0.4"}));
  CHECK(complete["imds"]["enabled"] == false);
  const auto again = parse_scenario(complete.dump());
  REQUIRE(again);
  CHECK(again->vm.vm_id == scenario->vm.vm_id);
  CHECK(again->vm.interfaces[0].mac == "000D3A000001");
}

TEST_CASE("with a key of one's own, the scenario's keys stay") {
  const std::string text = R"({"vm": {"ssh_keys": ["ssh-rsa mine"]}})";
  const auto scenario = parse_scenario(text);
  REQUIRE(scenario);
  CHECK(complete_scenario(Json::parse(text), *scenario, 2, "")["vm"]["ssh_keys"] ==
        Json::array({"ssh-rsa mine"}));
  CHECK(complete_scenario(Json::object(), *scenario, 2, "")["vm"]["generation"] == 2);
}

}  // namespace
}  // namespace azl::platform
