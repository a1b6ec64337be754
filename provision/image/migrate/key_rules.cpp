#include "provision/image/migrate/key_rules.h"

#include <algorithm>

namespace azl::provision {
namespace {

using enum Fate;
constexpr auto kCloud = Agent::kCloudInit;

std::vector<KeyDecision> no_growth(const AgentSetting& /*setting*/,
                                   const MigrationFacts& /*facts*/) {
  return {{.fate = kBecomes, .section = "Disk", .key = "GrowRoot", .value = "no"}};
}

constexpr std::string_view kNetworkKept =
    "the network stays as cloud-init wrote it last; it is not written anew for NICs that are added "
    "or removed";
constexpr std::array kPaths = {
    PathRule{kCloud, {}, {"/etc/netplan/*cloud-init*.yaml", kKept, kNetworkKept}},
    PathRule{kCloud, {}, {"/etc/systemd/network/*cloud-init*", kKept, kNetworkKept}},
    PathRule{
        kCloud, {}, {"/etc/NetworkManager/system-connections/cloud-init-*", kKept, kNetworkKept}},
    PathRule{kCloud, "cloud-init", {"/etc/sysconfig/network-scripts/ifcfg-*", kKept, kNetworkKept}},
    PathRule{kCloud, {}, {"/etc/network/interfaces.d/*cloud-init*", kKept, kNetworkKept}},
    PathRule{kCloud,
             "comment=cloudconfig|x-systemd.requires=cloud-init",
             {"/etc/fstab", kKept,
              "the lines that cloud-init wrote stay; the one for the resource disk works only with "
              "cloud-init, so stage disks of the next boot replaces it and mounts the disk at the "
              "same place"}},
    PathRule{
        kCloud, {}, {"/etc/sudoers.d/90-cloud-init-users", kKept, "the user keeps its sudo rule"}},
    PathRule{kCloud,
             {},
             {"/etc/ssh/sshd_config.d/50-cloud-init.conf", kKept,
              "sshd goes on to allow or forbid logins by password"}},
    PathRule{kCloud,
             {},
             {"/var/lib/cloud/scripts/per-boot/*", kKept,
              "azl-provision-custom-data.service runs the program on each boot"}},
    PathRule{kCloud,
             {},
             {"/var/lib/cloud/instance/boothooks/*", kLost,
              "nothing runs this boot hook any more: make a unit of it that is ordered "
              "Before=sshd.service, or put it into /etc/azl-provision/scripts/per-boot, which runs "
              "when the system is up"}},
    PathRule{kCloud,
             {},
             {"/etc/growroot-disabled", kBecomes, "the OS disk does not grow",
              "[Disk] GrowRoot=", no_growth}},
    PathRule{
        kCloud, {}, {"/etc/cloud/ds-identify.cfg", kNotNeeded, "azl-provision knows Azure only"}},
    PathRule{
        Agent::kWaagent, {}, {"/etc/sudoers.d/waagent", kKept, "the user keeps its sudo rule"}},
    PathRule{Agent::kWaagent,
             {},
             {"/var/lib/waagent/disable_agent", kKept,
              "WALinuxAgent goes on to do nothing, as the deployment asked"}},
    PathRule{Agent::kAzureInit,
             {},
             {"/etc/sudoers.d/azure-init-user", kKept, "the user keeps its sudo rule"}},
};

}  // namespace

std::span<const PathRule> path_rules() { return kPaths; }

std::span<const KeyRule> key_rules(Agent agent) {
  switch (agent) {
    case Agent::kCloudInit:
      return cloud_init_rules();
    case Agent::kWaagent:
      return waagent_rules();
    case Agent::kAzureInit:
      return azure_init_rules();
  }
  return {};
}

const KeyRule* find_key_rule(Agent agent, std::string_view key) {
  const KeyRule* found = nullptr;
  for (const auto& rule : key_rules(agent)) {
    if (rule.key == key) return &rule;
    const bool fits =
        rule.key.ends_with('*') && key.starts_with(rule.key.substr(0, rule.key.size() - 1));
    if (fits && (found == nullptr || found->key.size() < rule.key.size())) found = &rule;
  }
  return found;
}

bool has_rules_below(Agent agent, std::string_view key) {
  return std::ranges::any_of(key_rules(agent), [&](const KeyRule& rule) {
    return rule.key.size() > key.size() + 1 && rule.key.starts_with(key) &&
           rule.key[key.size()] == '.';
  });
}

}  // namespace azl::provision
