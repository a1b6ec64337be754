// cloud-init's keys. Sources: its schema for cloud-config, config/cloud.cfg.tmpl, and the modules
// cc_growpart, cc_resizefs, cc_mounts, cc_ssh and DataSourceAzure of cloud-init 24 and 25.
#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "provision/image/migrate/key_rules.h"

namespace azl::provision {
namespace {

using custom_data::YamlKind;
using custom_data::YamlNode;
using enum Fate;
using Decisions = std::vector<KeyDecision>;

constexpr std::string_view kRepeated =
    "runs on each boot by [NAME, always], which nothing does from now on: put what it does into a "
    "program in /etc/azl-provision/scripts/per-boot";

KeyDecision becomes(std::string section, std::string key, std::string value) {
  return {.fate = kBecomes,
          .section = std::move(section),
          .key = std::move(key),
          .value = std::move(value)};
}
KeyDecision lost(std::string why = {}) { return {.fate = kLost, .why = std::move(why)}; }

/// The text of a scalar; empty for anything else.
std::string text_of(const YamlNode& node) {
  const bool scalar = node.kind != YamlKind::kList && node.kind != YamlKind::kMap;
  return scalar ? std::string(trim(node.text.reveal())) : std::string();
}

/// What cloud-init's util.is_false() takes for no.
bool is_false(const YamlNode& node) {
  if (node.kind == YamlKind::kBool) return !node.boolean;
  const auto word = lower(text_of(node));
  return word == "off" || word == "0" || word == "no" || word == "false";
}

/// The items of a list, or the words of a text with commas.
std::vector<std::string> words_of(const YamlNode& node) {
  std::vector<std::string> words;
  if (node.kind == YamlKind::kList) {
    for (const auto& item : node.items) words.push_back(text_of(item));
  } else {
    for (const auto part : split(text_of(node), ',')) words.emplace_back(trim(part));
  }
  std::erase(words, "");
  return words;
}

/// A module's name as its file has it.
std::string module_name(const YamlNode& entry) {
  const bool list = entry.kind == YamlKind::kList && !entry.items.empty();
  auto name = lower(text_of(list ? entry.items.front() : entry));
  std::ranges::replace(name, '-', '_');
  return name.starts_with("cc_") ? name.substr(3) : name;
}

bool has_module(const YamlNode& list, std::string_view name) {
  return std::ranges::any_of(list.items,
                             [&](const YamlNode& entry) { return module_name(entry) == name; });
}

/// The modules that run on each boot only because the list says so.
Decisions judge_frequencies(const YamlNode& list) {
  constexpr std::array<std::string_view, 8> kAlways = {
      "bootcmd",          "growpart",      "resizefs",        "update_etc_hosts",
      "scripts_per_boot", "final_message", "update_hostname", "disable_ec2_metadata"};
  Decisions decisions;
  for (const auto& entry : list.items) {
    if (entry.kind != YamlKind::kList || entry.items.size() < 2) continue;
    const auto name = module_name(entry);
    if (lower(text_of(entry.items[1])) != "always" ||
        std::ranges::find(kAlways, name) != kAlways.end())
      continue;
    decisions.push_back(lost("the module " + printable(name) + " " + std::string(kRepeated)));
  }
  return decisions;
}

Decisions decide_init_modules(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  const auto& list = *setting.node;
  if (list.kind != YamlKind::kList) return {};
  auto decisions = judge_frequencies(list);
  if (!has_module(list, "growpart") || !has_module(list, "resizefs"))
    decisions.push_back(becomes("Disk", "GrowRoot", "no"));
  if (!has_module(list, "disk_setup") || !has_module(list, "mounts"))
    decisions.push_back(becomes("Disk", "ResourceDisk", "no"));
  return decisions;
}

Decisions decide_modules(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  return judge_frequencies(*setting.node);
}

Decisions decide_growth(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (!is_false(*setting.node)) return {};
  return {becomes("Disk", "GrowRoot", "no")};
}

Decisions decide_no_growth(const AgentSetting& /*setting*/, const MigrationFacts& /*facts*/) {
  return {becomes("Disk", "GrowRoot", "no")};
}

Decisions decide_grown_devices(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  const auto devices = words_of(*setting.node);
  Decisions decisions;
  if (std::ranges::find(devices, "/") == devices.end())
    decisions.push_back(becomes("Disk", "GrowRoot", "no"));
  if (std::ranges::any_of(devices, [](const auto& device) { return device != "/"; }))
    decisions.push_back(lost());
  return decisions;
}

Decisions decide_ssh_deletekeys(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (!is_false(*setting.node)) return {};
  return {becomes("Ssh", "HostKeys", "keep")};
}

Decisions decide_key_types(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  auto types = words_of(*setting.node);
  const auto unknown = std::erase_if(types, [](const auto& type) {
    return type != "rsa" && type != "ecdsa" && type != "ed25519";
  });
  Decisions decisions;
  if (!types.empty()) decisions.push_back(becomes("Ssh", "HostKeyTypes", join(types, " ")));
  if (unknown > 0) decisions.push_back(lost());
  return decisions;
}

Decisions decide_etc_hosts(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (is_false(*setting.node)) return {};
  return {becomes("Network", "ManageEtcHosts", "yes")};
}

Decisions decide_groups(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  return {becomes("User", "Groups", join(words_of(*setting.node), " "))};
}

Decisions decide_shell(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  return {becomes("User", "Shell", text_of(*setting.node))};
}

/// The rule without white space: "ALL=(ALL)NOPASSWD:ALL".
std::string squeezed(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  return text;
}

Decisions decide_sudo(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  const auto& node = *setting.node;
  if (node.kind == YamlKind::kNull || is_false(node)) return {becomes("User", "Sudo", "no")};
  const bool one = node.kind == YamlKind::kList && node.items.size() == 1;
  const auto rule = squeezed(text_of(one ? node.items.front() : node));
  if (rule == "ALL=(ALL)NOPASSWD:ALL" || rule == "ALL=(ALL:ALL)NOPASSWD:ALL")
    return {becomes("User", "Sudo", "nopasswd")};
  if (rule == "ALL=(ALL)ALL" || rule == "ALL=(ALL:ALL)ALL")
    return {becomes("User", "Sudo", "password")};
  return {lost()};
}

Decisions decide_network(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (text_of(*setting.node) != "disabled") return {};
  return {becomes("Network", "Manage", "none")};
}
Decisions decide_apply_network(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (!is_false(*setting.node)) return {};
  return {becomes("Network", "Manage", "none")};
}
Decisions decide_secondary(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (!is_false(*setting.node)) return {};
  return {becomes("Network", "SecondaryAddresses", "no")};
}

/// Whether a device of `mounts` or `fs_setup` is the resource disk or its first partition.
bool is_resource_disk(std::string_view device) {
  return device == "ephemeral" || device == "ephemeral0" || device == "ephemeral0.1" ||
         device == "ephemeral0.auto";
}

Decisions decide_mounts(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  for (const auto& entry : setting.node->items) {
    if (entry.items.empty() || !is_resource_disk(text_of(entry.items.front()))) continue;
    const bool off = entry.items.size() < 2 || entry.items[1].kind == YamlKind::kNull;
    return {off ? becomes("Disk", "ResourceDisk", "no")
                : becomes("Disk", "MountPoint", text_of(entry.items[1]))};
  }
  return {};
}

Decisions decide_fs_setup(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  Decisions decisions;
  for (const auto& entry : setting.node->items) {
    const auto* device = entry.find("device");
    if (device == nullptr || !is_resource_disk(text_of(*device))) continue;
    if (const auto* type = entry.find("filesystem"))
      decisions.push_back(becomes("Disk", "FileSystem", text_of(*type)));
    if (const auto* label = entry.find("label"))
      decisions.push_back(becomes("Disk", "Label", text_of(*label)));
    break;
  }
  return decisions;
}

Decisions decide_updates(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  const auto* network = setting.node->find("network");
  const auto* when = network != nullptr ? network->find("when") : nullptr;
  if (when == nullptr) return {};
  const auto words = words_of(*when);
  if (std::ranges::find(words, "hotplug") == words.end()) return {};
  return {lost()};
}

constexpr std::string_view kOwn = "a setting of cloud-init itself";
constexpr std::string_view kNewUser =
    "only for a new user, which is the one that Azure names; this VM's user stays as it is";
constexpr std::string_view kDone =
    "cloud-init carried it out when it provisioned this VM, and what it wrote stays";
constexpr std::string_view kRefused = "other values: azl-provision.conf(5) does not allow them";
constexpr std::string_view kGrows = "the OS disk grows by default";
constexpr std::string_view kModulesKept = "what runs depends on azl-provision's own stages";
constexpr std::string_view kRepeatedModule =
    "a module that runs on each boot only by [NAME, always]: put what it does into a "
    "program in /etc/azl-provision/scripts/per-boot";

constexpr std::array kRules = {
    KeyRule{"growpart.mode", kNotNeeded, kGrows, "[Disk] GrowRoot=", decide_growth},
    KeyRule{"growpart.devices", kNotNeeded, kGrows, "[Disk] GrowRoot=", decide_grown_devices,
            "other devices than /: only the root partition grows from now on; let systemd-repart "
            "grow the others, see repart.d(5)"},
    KeyRule{"growpart", kBecomes, "cloud-init grows nothing if it is no map",
            "[Disk] GrowRoot=", decide_no_growth},
    KeyRule{"growpart.*", kNotNeeded, "azl-provision grows the OS disk itself"},
    KeyRule{"resize_rootfs", kNotNeeded, kGrows, "[Disk] GrowRoot=", decide_growth},
    KeyRule{"mounts", kKept, "the lines in /etc/fstab stay",
            "[Disk] MountPoint=, ResourceDisk=", decide_mounts, kRefused},
    KeyRule{"mount_default_fields", kKept, "the lines in /etc/fstab stay"},
    KeyRule{"swap", kKept, "the swap file and its line in /etc/fstab stay"},
    KeyRule{"disk_setup", kKept, "the disks stay as they are"},
    KeyRule{"fs_setup", kKept, "the file systems stay as they are",
            "[Disk] FileSystem=, Label=", decide_fs_setup, kRefused},
    KeyRule{"network.config", kKept, "the network stays as cloud-init wrote it last",
            "[Network] Manage=", decide_network},
    KeyRule{"network.*", kKept, "the network stays as cloud-init wrote it last"},
    KeyRule{"network", kKept, "the network stays as cloud-init wrote it last"},
    KeyRule{"updates",
            kNotNeeded,
            "the network of this VM stays as it is",
            {},
            decide_updates,
            "hotplug: a NIC that is added later gets DHCP from the default .network file, and not "
            "its further addresses; write a .network file for it, see network.md"},
    KeyRule{"disable_fallback_netcfg", kNotNeeded, kOwn},
    KeyRule{"datasource.Azure.apply_network_config", kNotNeeded,
            "azl-provision configures the NICs of a new VM by default",
            "[Network] Manage=", decide_apply_network},
    KeyRule{"datasource.Azure.apply_network_config_for_secondary_ips", kNotNeeded,
            "azl-provision configures all addresses of a new VM by default",
            "[Network] SecondaryAddresses=", decide_secondary},
    KeyRule{"datasource.Azure.never_destroy_ntfs", kNotNeeded,
            "azl-provision never formats a resource disk that has somebody's files"},
    KeyRule{"datasource.*", kNotNeeded, "azl-provision knows Azure only"},
    KeyRule{"datasource_list", kNotNeeded, "azl-provision knows Azure only"},
    KeyRule{"manage_etc_hosts", kKept,
            "/etc/hosts stays as it is, and is not written anew on each boot",
            "[Network] ManageEtcHosts=", decide_etc_hosts},
    KeyRule{"preserve_hostname", kKept,
            "the host name stays; azl-provision sets one only when it provisions a new VM"},
    KeyRule{"ssh_deletekeys", kNotNeeded, "a new VM gets host keys of its own by default",
            "[Ssh] HostKeys=", decide_ssh_deletekeys},
    KeyRule{"ssh_genkeytypes", kNotNeeded, "no type is named", "[Ssh] HostKeyTypes=",
            decide_key_types, "a type that sshd has no host keys of any more: remove it"},
    KeyRule{"ssh_pwauth", kKept, "sshd goes on to allow or forbid logins by password"},
    KeyRule{"disable_root", kKept, "root's authorized_keys stay as they are"},
    KeyRule{"disable_root_opts", kKept, "root's authorized_keys stay as they are"},
    KeyRule{"system_info.default_user.groups", kKept, "the user keeps its groups",
            "[User] Groups=", decide_groups},
    KeyRule{"system_info.default_user.shell", kKept, "the user keeps its shell",
            "[User] Shell=", decide_shell, kRefused},
    KeyRule{"system_info.default_user.sudo", kKept, "the user keeps its sudo rule",
            "[User] Sudo=", decide_sudo,
            "any other rule: a new VM of this disk gets that of Sudo= in azl-provision.conf(5); "
            "write this one into a file of /etc/sudoers.d"},
    KeyRule{"system_info.default_user.*", kNotNeeded, kNewUser},
    KeyRule{"system_info.*", kNotNeeded, kOwn},
    KeyRule{"bootcmd", kLost,
            "its commands run on each boot, which nothing does from now on: make a unit of them "
            "that is ordered Before=sshd.service, or put them into a program in "
            "/etc/azl-provision/scripts/per-boot, which runs when the system is up"},
    KeyRule{"chef", kLost,
            "cloud-init configures and runs Chef on each boot, which nothing does from now on: "
            "enable chef-client.service"},
    KeyRule{"cloud_init_modules", kNotNeeded, kModulesKept,
            "[Disk] GrowRoot=, ResourceDisk=", decide_init_modules, kRepeatedModule},
    KeyRule{"cloud_config_modules", kNotNeeded, kModulesKept, {}, decide_modules, kRepeatedModule},
    KeyRule{"cloud_final_modules", kNotNeeded, kModulesKept, {}, decide_modules, kRepeatedModule},
    KeyRule{"final_message", kNotNeeded, "azl-provision --report says when a boot has ended"},
    KeyRule{"output", kNotNeeded, "azl-provision writes to the journal"},
    KeyRule{"log_cfgs", kNotNeeded, "azl-provision writes to the journal"},
    KeyRule{"log_basic", kNotNeeded, "azl-provision writes to the journal"},
    KeyRule{"_log", kNotNeeded, "azl-provision writes to the journal"},
    KeyRule{"logcfg", kNotNeeded, "azl-provision writes to the journal"},
    KeyRule{"def_log_file", kNotNeeded, "azl-provision writes to the journal"},
    KeyRule{"syslog_fix_perms", kNotNeeded, "azl-provision writes to the journal"},
    KeyRule{"reporting", kNotNeeded, "azl-provision --report says what happened"},
    KeyRule{"vendor_data", kNotNeeded, "Azure has no vendor data"},
    KeyRule{"vendor_data2", kNotNeeded, "Azure has no vendor data"},
    KeyRule{"disable_vmware_customization", kNotNeeded, "azl-provision knows Azure only"},
    KeyRule{"disable_ec2_metadata", kNotNeeded, "azl-provision knows Azure only"},
    KeyRule{"manual_cache_clean", kNotNeeded, kOwn},
    KeyRule{"allow_userdata", kNotNeeded, kOwn},
    KeyRule{"unverified_modules", kNotNeeded, kOwn},
    KeyRule{"(other keys of cloud-config)", kKept, kDone},
};

}  // namespace

std::span<const KeyRule> cloud_init_rules() { return kRules; }

}  // namespace azl::provision
