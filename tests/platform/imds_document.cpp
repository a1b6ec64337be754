#include "tests/platform/imds_document.h"

#include <string>

#include "tests/platform/encoding.h"

namespace azl::platform {
namespace {

constexpr const char* kSubscription = "11111111-2222-4333-8444-555555555555";
constexpr const char* kResourceGroup = "azl-platform";

std::string text(bool value) { return value ? "true" : "false"; }

std::string resource(const std::string& kind, const std::string& name) {
  return std::string("/subscriptions/") + kSubscription + "/resourceGroups/" + kResourceGroup +
         "/providers/Microsoft.Compute/" + kind + "/" + name;
}

Json os_profile(const Vm& vm) {
  // In Azure's model, a specialized VM has no OS profile, so it names no user.
  if (vm.specialized) {
    return {{"adminUsername", ""}, {"computerName", ""}, {"disablePasswordAuthentication", ""}};
  }
  return {{"adminUsername", vm.admin_username},
          {"computerName", vm.computer_name},
          {"disablePasswordAuthentication", text(vm.disable_password_authentication)}};
}

Json public_keys(const Vm& vm) {
  Json keys = Json::array();
  if (vm.specialized) return keys;
  for (const std::string& key : vm.ssh_keys) {
    keys.push_back(
        {{"keyData", key}, {"path", "/home/" + vm.admin_username + "/.ssh/authorized_keys"}});
  }
  return keys;
}

/// The members that OS disks and data disks have in common.
Json disk(const std::string& name, const std::string& create_option, const std::string& gigabytes) {
  return {{"caching", "ReadWrite"},
          {"createOption", create_option},
          {"diskSizeGB", gigabytes},
          {"image", {{"uri", ""}}},
          {"managedDisk", {{"id", resource("disks", name)}, {"storageAccountType", "Premium_LRS"}}},
          {"name", name},
          {"vhd", {{"uri", ""}}},
          {"writeAcceleratorEnabled", "false"}};
}

Json storage_profile(const Vm& vm) {
  Json data_disks = Json::array();
  for (const unsigned lun : vm.data_disks) {
    Json data = disk(vm.name + "_data_" + std::to_string(lun), "Empty", "64");
    data["bytesPerSecondThrottle"] = "104857600";
    data["diskCapacityBytes"] = "68719476736";
    data["isSharedDisk"] = "false";
    data["isUltraDisk"] = "false";
    data["lun"] = std::to_string(lun);
    data["opsPerSecondThrottle"] = "500";
    data_disks.push_back(std::move(data));
  }
  Json os_disk = disk(vm.name + "_OsDisk", "FromImage", "30");
  os_disk["diffDiskSettings"] = {{"option", ""}};
  os_disk["encryptionSettings"] = {{"enabled", "false"}};
  os_disk["osType"] = "Linux";
  return {{"dataDisks", std::move(data_disks)},
          {"imageReference",
           {{"id", ""},
            {"offer", "azure-linux-4"},
            {"publisher", "MicrosoftCBLMariner"},
            {"sku", "azure-linux-4-gen2"},
            {"version", "latest"}}},
          {"osDisk", std::move(os_disk)},
          {"resourceDisk", {{"size", std::to_string(vm.resource_disk_kb)}}}};
}

Json compute(const Vm& vm) {
  std::string tags;
  Json tags_list = Json::array();
  for (const auto& [name, value] : vm.tags) {
    if (!tags.empty()) tags += ';';
    tags += name;
    tags += ':';
    tags += value;
    tags_list.push_back({{"name", name}, {"value", value}});
  }
  return {{"azEnvironment", "AzurePublicCloud"},
          {"customData", ""},
          {"evictionPolicy", ""},
          {"isHostCompatibilityLayerVm", "false"},
          {"licenseType", ""},
          {"location", vm.location},
          {"name", vm.name},
          {"offer", "azure-linux-4"},
          {"osProfile", os_profile(vm)},
          {"osType", "Linux"},
          {"placementGroupId", ""},
          {"plan", {{"name", ""}, {"product", ""}, {"publisher", ""}}},
          {"platformFaultDomain", "0"},
          {"platformUpdateDomain", "0"},
          {"provider", "Microsoft.Compute"},
          {"publicKeys", public_keys(vm)},
          {"publisher", "MicrosoftCBLMariner"},
          {"resourceGroupName", kResourceGroup},
          {"resourceId", resource("virtualMachines", vm.name)},
          {"securityProfile",
           {{"secureBootEnabled", text(vm.generation == 2)},
            {"virtualTpmEnabled", text(vm.generation == 2)}}},
          {"sku", vm.generation == 2 ? "azure-linux-4-gen2" : "azure-linux-4"},
          {"storageProfile", storage_profile(vm)},
          {"subscriptionId", kSubscription},
          {"tags", tags},
          {"tagsList", std::move(tags_list)},
          {"userData", base64(vm.user_data)},
          {"version", "4.0.20250101"},
          {"vmId", vm.vm_id},
          {"vmScaleSetName", ""},
          {"vmSize", vm.size},
          {"zone", vm.zone}};
}

Json interface_document(const Interface& interface) {
  const auto slash = interface.subnet.find('/');
  Json ipv4 = Json::array();
  for (const std::string& address : interface.ipv4) {
    ipv4.push_back({{"privateIpAddress", address}, {"publicIpAddress", ""}});
  }
  Json ipv6 = Json::array();
  for (const std::string& address : interface.ipv6) {
    ipv6.push_back({{"privateIpAddress", address}});
  }
  Json subnet = {{"address", interface.subnet.substr(0, slash)},
                 {"prefix", interface.subnet.substr(slash + 1)}};
  return {{"ipv4", {{"ipAddress", std::move(ipv4)}, {"subnet", Json::array({std::move(subnet)})}}},
          {"ipv6", {{"ipAddress", std::move(ipv6)}}},
          {"macAddress", interface.mac}};
}

}  // namespace

Json imds_document(const Scenario& scenario, bool extended) {
  Json interfaces = Json::array();
  for (const Interface& interface : scenario.vm.interfaces) {
    interfaces.push_back(interface_document(interface));
  }
  Json document = {{"compute", compute(scenario.vm)},
                   {"network", {{"interface", std::move(interfaces)}}}};
  if (extended) {
    const OvfOptions& ovf = scenario.ovf;
    const bool custom_data =
        !ovf.custom_data_base64.value_or(ovf.custom_data.value_or(scenario.vm.custom_data)).empty();
    document["extended"] = {{"compute",
                             {{"hasCustomData", text(custom_data && scenario.has_media())},
                              {"ppsType", scenario.vm.pps_type}}}};
  }
  if (scenario.imds.vm_id) document["compute"]["vmId"] = *scenario.imds.vm_id;
  for (const std::string& part : scenario.imds.omit) document.erase(part);
  return document;
}

}  // namespace azl::platform
