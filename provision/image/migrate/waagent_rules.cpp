// WALinuxAgent's keys. Sources: azurelinuxagent/common/conf.py, pa/provision/default.py and
// daemon/resourcedisk of WALinuxAgent 2.9 to 2.15.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "provision/gather/waagent_conf.h"
#include "provision/image/migrate/key_rules.h"

namespace azl::provision {
namespace {

using enum Fate;
using Decisions = std::vector<KeyDecision>;

/// What get_switch() of conf.py makes of a value; nullopt: the default.
std::optional<bool> switch_of(const AgentSetting& setting) {
  const auto word = lower(setting.text);
  if (word == "y") return true;
  if (word == "n") return false;
  return std::nullopt;
}

KeyDecision becomes(std::string section, std::string key, std::string value) {
  return {.fate = kBecomes,
          .section = std::move(section),
          .key = std::move(key),
          .value = std::move(value)};
}

Decisions decide_agent(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (setting.text == "auto" || setting.text == "None") return {};
  return {{.fate = kNotNeeded,
           .why = "it becomes auto: with any other value WALinuxAgent would report Ready itself on "
                  "a new VM of this disk"}};
}

Decisions decide_host_keys(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (switch_of(setting) != false) return {};
  return {becomes("Ssh", "HostKeys", "keep")};
}

Decisions decide_key_type(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (setting.text == "ecdsa" || setting.text == "ed25519")
    return {becomes("Ssh", "HostKeyTypes", setting.text)};
  if (setting.text == "dsa") return {{.fate = kLost}};
  return {};
}

Decisions decide_root_password(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (switch_of(setting) != false) return {};
  return {becomes("User", "LockRoot", "no")};
}

Decisions decide_hash(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (setting.text == "6" || setting.text == "None") return {};
  if (setting.text == "y") return {becomes("User", "PasswordHash", "yescrypt")};
  return {{.fate = kLost}};
}

Decisions decide_directory(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (setting.text == "/var/lib/waagent" || setting.text == "None") return {};
  return {{.fate = kLost}};
}

Decisions decide_resource_disk(const AgentSetting& /*setting*/, const MigrationFacts& facts) {
  const auto& [installed, units, files] = facts.of(Agent::kWaagent);
  const bool formats = !units.empty() && !files.empty() &&
                       has_waagent_switch(files.front().text.reveal(), "ResourceDisk.Format");
  if (formats) return {};
  return {becomes("Disk", "ResourceDisk", "no")};
}

Decisions decide_no_growth(const AgentSetting& /*setting*/, const MigrationFacts& /*facts*/) {
  return {becomes("Disk", "GrowRoot", "no")};
}

constexpr std::string_view kGoesOn = "WALinuxAgent goes on to run, and obeys it";
constexpr std::string_view kDone = "WALinuxAgent did it when it provisioned this VM, and it stays";

constexpr std::array kRules = {
    KeyRule{
        "Provisioning.Agent",
        kKept,
        "WALinuxAgent goes on to run, and provisions nothing; another value than auto becomes auto",
        {},
        decide_agent},
    KeyRule{"Provisioning.Enabled", kKept, kGoesOn},
    KeyRule{"Provisioning.UseCloudInit", kNotNeeded,
            "only old versions of WALinuxAgent know it; azl-provision provisions"},
    KeyRule{"Provisioning.RegenerateSshHostKeyPair", kNotNeeded,
            "a new VM gets host keys of its own by default", "[Ssh] HostKeys=", decide_host_keys},
    KeyRule{"Provisioning.SshHostKeyPairType", kNotNeeded,
            "a new VM gets host keys of this type and others by default",
            "[Ssh] HostKeyTypes=", decide_key_type,
            "dsa: sshd accepts no DSA keys any more; a new VM gets the default types"},
    KeyRule{"Provisioning.DeleteRootPassword", kNotNeeded,
            "root's password is locked on a new VM by default",
            "[User] LockRoot=", decide_root_password},
    KeyRule{
        "Provisioning.PasswordCryptId", kNotNeeded, "it is the default here",
        "[User] PasswordHash=", decide_hash,
        "any other hash: a new VM's password gets that of PasswordHash= in azl-provision.conf(5)"},
    KeyRule{"Provisioning.PasswordCryptSaltLength", kNotNeeded,
            "the salt has the length that crypt(5) has for the hash"},
    KeyRule{"Provisioning.DecodeCustomData", kNotNeeded,
            "azl-provision decodes custom data itself"},
    KeyRule{
        "Provisioning.ExecuteCustomData", kNotNeeded,
        "azl-provision carries out the custom data of a new VM by its type, and none of this VM"},
    KeyRule{"Provisioning.AllowResetSysUser", kKept, kGoesOn},
    KeyRule{"Provisioning.MonitorHostName*", kKept,
            "WALinuxAgent goes on to announce a changed host name"},
    KeyRule{"ResourceDisk.*", kKept,
            "with ResourceDisk.Format=y WALinuxAgent goes on to set up the resource disk and its "
            "swap on each boot, and azl-provision leaves that disk alone"},
    KeyRule{"OS.SshClientAliveInterval", kKept, kDone},
    KeyRule{"OS.*", kKept, kGoesOn},
    KeyRule{"Extensions.*", kKept, kGoesOn},
    KeyRule{"Extension.*", kKept, kGoesOn},
    KeyRule{"AutoUpdate.*", kKept, kGoesOn},
    KeyRule{"Autoupdate.*", kKept, kGoesOn},
    KeyRule{"HttpProxy.*", kKept, kGoesOn},
    KeyRule{"Logs.*", kKept, kGoesOn},
    KeyRule{"Debug.*", kKept, kGoesOn},
    KeyRule{"CGroups.*", kKept, kGoesOn},
    KeyRule{"Policy.*", kKept, kGoesOn},
    KeyRule{"Protocol.*", kKept, kGoesOn},
    KeyRule{"Role.*", kKept, kGoesOn},
    KeyRule{"Network.*", kKept, kGoesOn},
    KeyRule{"LBProbeResponder", kKept, kGoesOn},
    KeyRule{"EnableOverProvisioning", kKept, kGoesOn},
    KeyRule{"DetectScvmmEnv", kKept, kGoesOn},
    KeyRule{"Pid.File", kKept, kGoesOn},
    KeyRule{"DVD.MountPoint", kNotNeeded, "azl-provision reads the media of a new VM itself"},
    KeyRule{"Lib.Dir",
            kKept,
            kGoesOn,
            {},
            decide_directory,
            "any other directory: azl-provision hands a new VM over to WALinuxAgent in "
            "/var/lib/waagent only; remove the line"},
    KeyRule{"(growth of the OS disk)", kBecomes,
            "WALinuxAgent does not grow the OS disk: so it does not grow until you remove the line",
            "[Disk] GrowRoot=", decide_no_growth},
    KeyRule{"(the resource disk)", kKept,
            "WALinuxAgent goes on to set it up; without ResourceDisk.Format=y nobody does: so "
            "nobody formats it until you remove the line",
            "[Disk] ResourceDisk=", decide_resource_disk},
};

}  // namespace

std::span<const KeyRule> waagent_rules() { return kRules; }

}  // namespace azl::provision
