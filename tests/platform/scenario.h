// A scenario: the VM that Azure is to have made, and how the platform around it behaves.
//
//   auto scenario = parse_scenario(text);
//   if (!scenario) std::cerr << scenario.error();
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/platform/fault.h"
#include "tests/platform/result.h"

namespace azl::platform {

/// A NIC as IMDS tells of it.
struct Interface {
  std::string mac = "000D3A5C7E10";  ///< 12 upper-case hex digits
  std::vector<std::string> ipv4 = {"10.0.0.4"};
  std::string subnet = "10.0.0.0/24";  ///< IPv4 address/prefix length
  std::vector<std::string> ipv6;
};

/// What its owner asked Azure for. Names and keys are not validated: bad ones are worth testing.
struct Vm {
  std::string vm_id = "6b53fe79-c00b-4abe-9387-43fae70865fb";  ///< lower-case UUID
  unsigned generation = 2;                                     ///< 1 or 2
  std::string name = "azl-vm";
  std::string location = "westeurope";
  std::string zone;  ///< empty: not zonal
  std::string size = "Standard_D2s_v5";
  std::string computer_name = "azl-vm";  ///< `name` unless given
  std::string admin_username = "azureuser";
  bool disable_password_authentication = true;
  std::optional<std::string> password;  ///< told by OVF only
  std::vector<std::string> ssh_keys;
  std::string custom_data;  ///< plain; told by OVF only
  std::string user_data;    ///< plain; told by IMDS only
  std::string pps_type = "None";
  std::vector<Interface> interfaces = {Interface{}};
  std::vector<unsigned> data_disks;  ///< LUNs
  unsigned resource_disk_kb = 0;     ///< 0: the size has none
  std::vector<std::pair<std::string, std::string>> tags;
  bool provision_guest_agent = true;
  bool provision_guest_proxy_agent = false;
  bool specialized = false;  ///< no user, no keys, no media
};

struct ImdsOptions {
  bool enabled = true;                    ///< false: connections are refused
  std::vector<std::string> api_versions;  ///< newest first
  std::vector<Fault> faults;
  std::optional<std::string> body;  ///< instead of the whole instance document
};

struct WireServerOptions {
  bool enabled = true;      ///< false: connections are refused
  bool json_health = true;  ///< false: 404 on /provisioning/health
  std::string incarnation = "1";
  std::optional<unsigned> new_incarnation_after;  ///< requests before it moves on by one
  std::string container_id = "c8e665de-aae5-4c7a-9952-ce552b850ab2";
  std::string role_instance_id = "7b58e1f4-19e3-4957-801d-8e67a1807438._azl-vm";
  std::vector<Fault> faults;
};

/// The provisioning media. What is given here is told instead of the VM's own, so that media and
/// IMDS can disagree.
struct OvfOptions {
  bool enabled = true;
  std::optional<std::string> body;  ///< instead of the whole document
  std::vector<std::string> omit;    ///< names of elements to leave out, wherever they are
  std::optional<std::string> host_name;
  std::optional<std::string> user_name;
  std::optional<std::string> password;
  std::optional<bool> disable_password_authentication;
  std::optional<std::vector<std::string>> ssh_keys;
  std::optional<std::string> custom_data;
  std::optional<std::string>
      custom_data_base64;  ///< as it is, so binary or broken data can be told
  std::optional<std::string> pps_type;
  std::optional<bool> provision_guest_agent;
  std::optional<bool> provision_guest_proxy_agent;
};

struct Scenario {
  Vm vm;
  ImdsOptions imds;
  WireServerOptions wireserver;
  OvfOptions ovf;

  /// Whether Azure would attach a provisioning DVD.
  [[nodiscard]] bool has_media() const { return ovf.enabled && !vm.specialized; }
};

/// Reads a scenario: JSON, in which // comments are allowed. The error names every problem that was
/// found, one a line.
[[nodiscard]] Result<Scenario> parse_scenario(std::string_view text);

/// Reads it from a file; "-" is standard input.
[[nodiscard]] Result<Scenario> load_scenario(const std::string& path);

}  // namespace azl::platform
