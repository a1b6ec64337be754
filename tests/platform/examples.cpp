#include "tests/platform/examples.h"

#include <array>

namespace azl::platform {
namespace {

constexpr std::string_view kDefault = R"({
  "vm": {
    "vm_id": "6b53fe79-c00b-4abe-9387-43fae70865fb",
    "generation": 2,
    "name": "azl-vm",
    "location": "westeurope",
    "size": "Standard_D2s_v5",
    "computer_name": "azl-vm",
    "admin_username": "azureuser",
    "disable_password_authentication": true,
    "ssh_keys": [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIoMbtqA6O+am+KNdCRytwafgH1Pb90kOKVZPx9RniL3 user@example"
    ],
    "custom_data": "",
    "user_data": "",
    "pps_type": "None",
    "interfaces": [
      {"mac": "00:0d:3a:5c:7e:10", "ipv4": ["10.0.0.4"], "subnet": "10.0.0.0/24", "ipv6": []}
    ],
    "data_disks": [],
    "tags": {},
    "provision_guest_agent": true,
    "provision_guest_proxy_agent": false,
    "specialized": false
  },
  "imds": {"enabled": true, "faults": []},
  "wireserver": {"json_health": true, "incarnation": "1", "faults": []},
  "ovf": {"enabled": true}
}
)";

constexpr std::string_view kPassword = R"({
  // The media has a password and no key. The password is an example: change it.
  "vm": {
    "admin_username": "azureuser",
    "disable_password_authentication": false,
    "password": "Correct-Horse-7",
    "ssh_keys": []
  }
}
)";

constexpr std::string_view kCloudConfig = R"({
  // The media has custom data and IMDS has user data; custom data takes precedence.
  "vm": {
    "custom_data": "#cloud-config\nwrite_files:\n  - path: /etc/motd\n    content: |\n      hello\n",
    "user_data": "#!/bin/sh\necho never run\n",
    "tags": {"env": "test"}
  }
}
)";

constexpr std::string_view kDualNic = R"({
  // Two NICs and IPv6, data disks at LUN 0 and 3, a resource disk of 75 GiB.
  "vm": {
    "size": "Standard_D4ds_v5",
    "interfaces": [
      {"mac": "00:0d:3a:5c:7e:10", "ipv4": ["10.0.0.4", "10.0.0.5"], "subnet": "10.0.0.0/24",
       "ipv6": ["fd00:10::4"]},
      {"mac": "00:0d:3a:5c:7e:11", "ipv4": ["10.0.1.4"], "subnet": "10.0.1.0/24"}
    ],
    "data_disks": [0, 3],
    "resource_disk_kb": 78643200
  }
}
)";

constexpr std::string_view kFlaky = R"({
  // A platform in trouble: IMDS throttles, then drops connections; the goal state changes.
  "imds": {"faults": [
    {"request": 1, "do": "status", "status": 429, "retry_after": 1},
    {"request": "2-3", "do": "reset"},
    {"request": 4, "do": "truncate"},
    {"request": "5-", "do": "delay", "delay_ms": 300}
  ]},
  "wireserver": {
    "json_health": false,
    "new_incarnation_after": 2,
    "faults": [{"nth": 1, "match": "/machine/?comp=goalstate", "do": "status", "status": 503}]
  }
}
)";

constexpr std::string_view kSpecialized = R"({
  // A specialized image or a restored backup: a new VM id, no user, no keys, no media.
  "vm": {"vm_id": "2f0c9d1e-58a7-4b36-8f41-7c6e0d9a3b52", "specialized": true}
}
)";

constexpr std::string_view kPreprovisioned = R"({
  // A VM from a pool: media and IMDS name nobody at first. IMDS has the user's document when it is
  // asked for the fourth time.
  "vm": {"computer_name": "web-1", "admin_username": "azureuser", "pps_type": "Savable"},
  "pps": {"not_yet": 3, "status": 404, "stale": 1}
}
)";

constexpr std::array<Example, 7> kExamples = {{
    {"default", "one NIC, one key, everything healthy", kDefault},
    {"password", "a password from the media instead of a key", kPassword},
    {"cloud-config", "custom data, user data and tags", kCloudConfig},
    {"dual-nic", "two NICs, IPv6, data disks and a resource disk", kDualNic},
    {"flaky", "throttling, resets, truncated answers, a changing goal state", kFlaky},
    {"specialized", "a VM without a user, keys or media", kSpecialized},
    {"preprovisioned", "a VM that gets its user from a pool", kPreprovisioned},
}};

}  // namespace

std::span<const Example> examples() { return kExamples; }

std::optional<Example> find_example(std::string_view name) {
  for (const Example& example : kExamples) {
    if (example.name == name) return example;
  }
  return std::nullopt;
}

Result<std::string> read_scenario(const std::string& name_or_path) {
  const auto example = find_example(name_or_path);
  return example ? std::string(example->text) : read_scenario_file(name_or_path);
}

Result<Scenario> find_scenario(const std::string& name_or_path) {
  const auto example = find_example(name_or_path);
  return example ? parse_scenario(example->text) : load_scenario(name_or_path);
}

}  // namespace azl::platform
