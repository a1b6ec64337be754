#include "tests/platform/ovf_document.h"

#include <stdexcept>

#include <doctest/doctest.h>
#include <pugixml.hpp>

namespace azl::platform {
namespace {

/// The document of a scenario, parsed.
struct Document {
  explicit Document(const char* text) {
    auto scenario = parse_scenario(text);
    if (!scenario) throw std::runtime_error(scenario.error());
    xml = ovf_document(*scenario);
    if (!tree.load_string(xml.c_str())) throw std::runtime_error("not well-formed: " + xml);
    set = tree.select_node(
                  "/oe:Environment/wa:ProvisioningSection/"
                  "wa:LinuxProvisioningConfigurationSet")
              .node();
    settings = tree.select_node(
                       "/oe:Environment/wa:PlatformSettingsSection/"
                       "wa:PlatformSettings")
                   .node();
  }
  std::string xml;
  pugi::xml_document tree;
  pugi::xml_node set;
  pugi::xml_node settings;
};

std::string text(const pugi::xml_node& parent, const char* name) {
  return parent.child_value(name);
}

TEST_CASE("the media contains what the VM's owner requested") {
  const Document document(R"({"vm": {"computer_name": "web-1", "admin_username": "ann",
      "password": "a<b&c", "custom_data": "#!/bin/sh\n", "pps_type": "Running",
      "ssh_keys": ["ssh-ed25519 AAAA a@example", "ssh-rsa BBBB b@example"],
      "disable_password_authentication": false, "provision_guest_agent": false,
      "provision_guest_proxy_agent": true}})");
  CHECK(text(document.set, "wa:HostName") == "web-1");
  CHECK(text(document.set, "wa:UserName") == "ann");
  CHECK(text(document.set, "wa:UserPassword") == "a<b&c");
  CHECK(text(document.set, "wa:DisableSshPasswordAuthentication") == "false");
  CHECK(text(document.set, "wa:CustomData") == "IyEvYmluL3NoCg==");
  const auto keys = document.set.select_nodes("wa:SSH/wa:PublicKeys/wa:PublicKey");
  REQUIRE(keys.size() == 2);
  CHECK(text(keys[1].node(), "wa:Value") == "ssh-rsa BBBB b@example");
  CHECK(text(keys[1].node(), "wa:Path") == "/home/ann/.ssh/authorized_keys");
  CHECK(text(document.settings, "wa:ProvisionGuestAgent") == "false");
  CHECK(text(document.settings, "wa:ProvisionGuestProxyAgent") == "true");
  CHECK(text(document.settings, "wa:PreprovisionedVm") == "true");
  CHECK(text(document.settings, "wa:PreprovisionedVMType") == "Running");
}

TEST_CASE("the document uses Azure's two namespaces") {
  const Document document("{}");
  const pugi::xml_node environment = document.tree.child("oe:Environment");
  CHECK(environment.attribute("xmlns:oe").value() ==
        std::string("http://schemas.dmtf.org/ovf/environment/1"));
  CHECK(environment.attribute("xmlns:wa").value() ==
        std::string("http://schemas.microsoft.com/windowsazure"));
}

TEST_CASE("the media has no element for a missing password, custom data or keys") {
  const Document document(R"({"vm": {"ssh_keys": []}})");
  CHECK_FALSE(document.set.child("wa:UserPassword"));
  CHECK_FALSE(document.set.child("wa:CustomData"));
  CHECK_FALSE(document.set.child("wa:SSH"));
}

TEST_CASE("the media can differ from IMDS") {
  const Document document(R"({"vm": {"computer_name": "a", "admin_username": "ann",
      "password": "p", "custom_data": "c"},
      "ovf": {"host_name": "b", "user_name": "bob", "password": "q", "ssh_keys": [],
              "custom_data": "d", "disable_password_authentication": false,
              "pps_type": "Savable", "provision_guest_agent": false}})");
  CHECK(text(document.set, "wa:HostName") == "b");
  CHECK(text(document.set, "wa:UserName") == "bob");
  CHECK(text(document.set, "wa:UserPassword") == "q");
  CHECK(text(document.set, "wa:CustomData") == "ZA==");
  CHECK(text(document.set, "wa:DisableSshPasswordAuthentication") == "false");
  CHECK_FALSE(document.set.child("wa:SSH"));
  CHECK(text(document.settings, "wa:PreprovisionedVMType") == "Savable");
  CHECK(text(document.settings, "wa:ProvisionGuestAgent") == "false");
}

TEST_CASE("custom data can be invalid base64") {
  CHECK(text(Document(R"({"ovf": {"custom_data_base64": "H4sI!"}})").set, "wa:CustomData") ==
        "H4sI!");
}

TEST_CASE("omitting an element omits its children, too") {
  const Document document(
      R"({"ovf": {"omit": ["UserName", "PublicKeys", "PlatformSettingsSection"]}})");
  CHECK_FALSE(document.set.child("wa:UserName"));
  CHECK(document.set.child("wa:HostName"));
  CHECK(document.set.child("wa:SSH"));
  CHECK_FALSE(document.set.child("wa:SSH").first_child());
  CHECK_FALSE(document.settings);
  CHECK(document.xml.find("azkms") == std::string::npos);
}

TEST_CASE("a body in the scenario replaces the document, and without media there is no document") {
  const auto of = [](const char* scenario) { return ovf_document(*parse_scenario(scenario)); };
  CHECK(of(R"({"ovf": {"body": "<broken"}})") == "<broken");
  CHECK(of(R"({"ovf": {"enabled": false}})").empty());
  CHECK(of(R"({"vm": {"specialized": true}})").empty());
}

}  // namespace
}  // namespace azl::platform
