#include "tests/platform/ovf_document.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include <pugixml.hpp>

#include "tests/platform/encoding.h"

namespace azl::platform {
namespace {

// The elements that a scenario can omit. Environment is not among them; use "ovf": {"body": ""}
// instead.
constexpr std::array<std::string_view, 23> kElements = {"ProvisioningSection",
                                                        "Version",
                                                        "LinuxProvisioningConfigurationSet",
                                                        "ConfigurationSetType",
                                                        "HostName",
                                                        "UserName",
                                                        "UserPassword",
                                                        "DisableSshPasswordAuthentication",
                                                        "CustomData",
                                                        "SSH",
                                                        "PublicKeys",
                                                        "PublicKey",
                                                        "Fingerprint",
                                                        "Path",
                                                        "Value",
                                                        "PlatformSettingsSection",
                                                        "PlatformSettings",
                                                        "KmsServerHostname",
                                                        "ProvisionGuestAgent",
                                                        "ProvisionGuestProxyAgent",
                                                        "GuestAgentPackageName",
                                                        "PreprovisionedVm",
                                                        "PreprovisionedVMType"};

/// Adds elements in Azure's namespace, except those that the scenario omits.
class Writer {
 public:
  explicit Writer(const std::vector<std::string>& omit) : omit_(omit) {}

  /// Returns a null node if the scenario omits the element. pugixml ignores children of a null
  /// node.
  pugi::xml_node add(pugi::xml_node parent, std::string_view name) const {
    if (std::ranges::find(omit_, name) != omit_.end()) return {};
    return parent.append_child(("wa:" + std::string(name)).c_str());
  }
  pugi::xml_node add(pugi::xml_node parent, std::string_view name, const std::string& text) const {
    pugi::xml_node node = add(parent, name);
    node.text().set(text.c_str());
    return node;
  }
  pugi::xml_node add(pugi::xml_node parent, std::string_view name, bool value) const {
    return add(parent, name, std::string(value ? "true" : "false"));
  }

 private:
  const std::vector<std::string>& omit_;
};

/// Azure uses the SHA-1 of a certificate here. An OpenSSH key has no certificate, so the 40 digits
/// are arbitrary.
std::string fingerprint(std::size_t index) {
  std::array<char, 41> text{};
  std::snprintf(text.data(), text.size(), "%040zX", index + 1);
  return text.data();
}

void add_keys(const Writer& writer, pugi::xml_node parent, const std::string& user,
              const std::vector<std::string>& keys, const CertificateOptions& certificates) {
  if (keys.empty() && certificates.list.empty()) return;
  const pugi::xml_node list = writer.add(writer.add(parent, "SSH"), "PublicKeys");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const pugi::xml_node key = writer.add(list, "PublicKey");
    writer.add(key, "Fingerprint", fingerprint(i));
    writer.add(key, "Path", "/home/" + user + "/.ssh/authorized_keys");
    writer.add(key, "Value", keys[i]);
  }
  for (const auto& certificate : certificates.list) {
    const pugi::xml_node key = writer.add(list, "PublicKey");
    writer.add(key, "Fingerprint",
               certificates.fingerprint.value_or(sha1_fingerprint(certificate.certificate)));
    writer.add(key, "Path", "/home/" + user + "/.ssh/authorized_keys");
  }
}

void add_provisioning(const Writer& writer, pugi::xml_node environment, const Scenario& scenario) {
  const Vm& vm = scenario.vm;
  const OvfOptions& ovf = scenario.ovf;
  const pugi::xml_node section = writer.add(environment, "ProvisioningSection");
  writer.add(section, "Version", std::string("1.0"));
  pugi::xml_node set = writer.add(section, "LinuxProvisioningConfigurationSet");
  const std::string user = ovf.user_name.value_or(vm.admin_username);
  writer.add(set, "ConfigurationSetType", std::string("LinuxProvisioningConfiguration"));
  writer.add(set, "HostName", ovf.host_name.value_or(vm.computer_name));
  writer.add(set, "UserName", user);
  if (const auto& password = ovf.password ? ovf.password : vm.password) {
    writer.add(set, "UserPassword", *password);
  }
  writer.add(set, "DisableSshPasswordAuthentication",
             ovf.disable_password_authentication.value_or(vm.disable_password_authentication));
  add_keys(writer, set, user, ovf.ssh_keys.value_or(vm.ssh_keys), scenario.certificates);
  const std::string custom_data =
      ovf.custom_data_base64.value_or(base64(ovf.custom_data.value_or(vm.custom_data)));
  if (!custom_data.empty()) writer.add(set, "CustomData", custom_data);
}

void add_platform_settings(const Writer& writer, pugi::xml_node environment, const Vm& vm,
                           const OvfOptions& ovf) {
  const pugi::xml_node section = writer.add(environment, "PlatformSettingsSection");
  writer.add(section, "Version", std::string("1.0"));
  pugi::xml_node settings = writer.add(section, "PlatformSettings");
  const std::string pps_type = ovf.pps_type.value_or(vm.pps_type);
  writer.add(settings, "KmsServerHostname", std::string("azkms.core.windows.net"));
  writer.add(settings, "ProvisionGuestAgent",
             ovf.provision_guest_agent.value_or(vm.provision_guest_agent));
  writer.add(settings, "ProvisionGuestProxyAgent",
             ovf.provision_guest_proxy_agent.value_or(vm.provision_guest_proxy_agent));
  writer.add(settings, "GuestAgentPackageName").append_attribute("xsi:nil") = "true";
  writer.add(settings, "PreprovisionedVm", pps_type != "None");
  writer.add(settings, "PreprovisionedVMType", pps_type);
}

}  // namespace

std::string ovf_document(const Scenario& scenario) {
  if (!scenario.has_media()) return {};
  if (scenario.ovf.body) return *scenario.ovf.body;
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "utf-8";
  pugi::xml_node environment = document.append_child("oe:Environment");
  environment.append_attribute("xmlns:oe") = "http://schemas.dmtf.org/ovf/environment/1";
  environment.append_attribute("xmlns:wa") = "http://schemas.microsoft.com/windowsazure";
  environment.append_attribute("xmlns:xsi") = "http://www.w3.org/2001/XMLSchema-instance";
  const Writer writer(scenario.ovf.omit);
  add_provisioning(writer, environment, scenario);
  add_platform_settings(writer, environment, scenario.vm, scenario.ovf);
  std::ostringstream text;
  document.save(text, "  ", pugi::format_default, pugi::encoding_utf8);
  return text.str();
}

bool is_ovf_element(std::string_view name) {
  return std::ranges::find(kElements, name) != kElements.end();
}

std::string ovf_element_names() {
  std::string names;
  for (const std::string_view name : kElements) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

}  // namespace azl::platform
