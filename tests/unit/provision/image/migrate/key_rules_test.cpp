#include "provision/image/migrate/key_rules.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "provision/config/keys.h"
#include "tests/unit/provision/image/migrate/migration_facts.h"

using namespace azl::test;
using Strings = std::vector<std::string>;

namespace {

/// What becomes of one file of the agent, without what is about no key.
Strings fates_of(Agent agent, const char* text) {
  auto facts = facts_of(agent);
  add_file(facts, agent, "/etc/x", text);
  const auto migration = decide_migration(facts);
  for (const auto& key : migration.keys) CHECK_MESSAGE(!key.why.empty(), key.key);
  auto lines = fates(migration);
  std::erase_if(lines, [](const auto& line) { return line.find(" (") != std::string::npos; });
  return lines;
}

struct Row {
  const char* text;
  Strings expected;
};

}  // namespace

TEST_CASE("what becomes of cloud-init's keys") {
  const std::vector<Row> rows = {
      {"growpart: {mode: auto, devices: [/], ignore_growroot_disabled: false}",
       {"not-needed growpart.mode", "not-needed growpart.devices",
        "not-needed growpart.ignore_growroot_disabled"}},
      {"growpart: {mode: off}", {"becomes growpart.mode [Disk] GrowRoot=no"}},
      {"growpart: {mode: 'off'}", {"becomes growpart.mode [Disk] GrowRoot=no"}},
      {"growpart: {devices: [/data]}",
       {"becomes growpart.devices [Disk] GrowRoot=no", "lost growpart.devices"}},
      {"growpart: {devices: [/, /data]}", {"lost growpart.devices"}},
      {"growpart: false", {"becomes growpart [Disk] GrowRoot=no"}},
      {"resize_rootfs: false", {"becomes resize_rootfs [Disk] GrowRoot=no"}},
      {"resize_rootfs: noblock", {"not-needed resize_rootfs"}},
      {"cloud_init_modules: [growpart, resizefs, disk_setup, mounts]",
       {"not-needed cloud_init_modules"}},
      {"cloud_init_modules: [growpart, resizefs, disk-setup, [mounts, once]]",
       {"not-needed cloud_init_modules"}},
      {"cloud_init_modules: [cc_resizefs, disk_setup]",
       {"becomes cloud_init_modules [Disk] GrowRoot=no",
        "becomes cloud_init_modules [Disk] ResourceDisk=no"}},
      {"cloud_final_modules: [[scripts-user, always], [final_message, always], [x, once]]",
       {"lost cloud_final_modules"}},
      {"mounts: [[ephemeral0, /mnt]]", {"not-needed mounts"}},
      {"mounts: [[sdc, /data], [ephemeral0.1, /scratch, auto]]",
       {"becomes mounts [Disk] MountPoint=/scratch"}},
      {"mounts: [[ephemeral0, null]]", {"becomes mounts [Disk] ResourceDisk=no"}},
      {"mounts: [[ephemeral0, relative]]", {"lost mounts"}},
      {"mounts: [[sdc, /data]]", {"kept mounts"}},
      {"mounts: text", {"kept mounts"}},
      {"fs_setup: [{device: ephemeral0.1, filesystem: xfs, label: scratch}]",
       {"becomes fs_setup [Disk] FileSystem=xfs", "becomes fs_setup [Disk] Label=scratch"}},
      {"fs_setup: [{device: ephemeral0.1, filesystem: btrfs}]", {"lost fs_setup"}},
      {"fs_setup: [{device: /dev/sdc, filesystem: xfs}]", {"kept fs_setup"}},
      {"network: {config: disabled}", {"becomes network.config [Network] Manage=none"}},
      {"network: {version: 2}", {"kept network.version"}},
      {"datasource: {Azure: {apply_network_config: false}, NoCloud: {x: 1}}",
       {"becomes datasource.Azure.apply_network_config [Network] Manage=none",
        "not-needed datasource.NoCloud"}},
      {"updates: {network: {when: [boot, hotplug]}}", {"lost updates"}},
      {"updates: {network: {when: [boot]}}", {"not-needed updates"}},
      {"manage_etc_hosts: localhost", {"becomes manage_etc_hosts [Network] ManageEtcHosts=yes"}},
      {"manage_etc_hosts: false", {"kept manage_etc_hosts"}},
      {"ssh_deletekeys: false", {"becomes ssh_deletekeys [Ssh] HostKeys=keep"}},
      {"ssh_genkeytypes: [ed25519, ecdsa]",
       {"becomes ssh_genkeytypes [Ssh] HostKeyTypes=ed25519 ecdsa"}},
      {"ssh_genkeytypes: [rsa, ecdsa, ed25519]", {"not-needed ssh_genkeytypes"}},
      {"ssh_genkeytypes: [dsa, rsa]",
       {"becomes ssh_genkeytypes [Ssh] HostKeyTypes=rsa", "lost ssh_genkeytypes"}},
      {"ssh_genkeytypes: []", {"not-needed ssh_genkeytypes"}},
      {"system_info: {default_user: {groups: 'adm, docker', shell: /bin/zsh, gecos: x}}",
       {"becomes system_info.default_user.groups [User] Groups=adm docker",
        "becomes system_info.default_user.shell [User] Shell=/bin/zsh",
        "not-needed system_info.default_user.gecos"}},
      {"system_info: {default_user: {sudo: false}}",
       {"becomes system_info.default_user.sudo [User] Sudo=no"}},
      {"system_info: {default_user: {sudo: ['ALL=(ALL) ALL']}}",
       {"becomes system_info.default_user.sudo [User] Sudo=password"}},
      {"system_info: {default_user: {sudo: 'ALL=(ALL:ALL) NOPASSWD: ALL'}}",
       {"not-needed system_info.default_user.sudo"}},
      {"system_info: {default_user: {sudo: [a, b]}}", {"lost system_info.default_user.sudo"}},
      {"bootcmd: [ls]", {"lost bootcmd"}},
      {"packages: [x]\nruncmd: [ls]", {"kept packages", "kept runcmd"}},
      {"unheard_of: 1", {"lost unheard_of"}},
      {"- a list", {}},
      {"", {}},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    CHECK(fates_of(Agent::kCloudInit, text) == expected);
  }
}

TEST_CASE("what becomes of WALinuxAgent's keys") {
  const std::vector<Row> rows = {
      {"Provisioning.Agent=auto", {"kept Provisioning.Agent"}},
      {"Provisioning.Agent=waagent", {"not-needed Provisioning.Agent"}},
      {"Provisioning.RegenerateSshHostKeyPair=n",
       {"becomes Provisioning.RegenerateSshHostKeyPair [Ssh] HostKeys=keep"}},
      {"Provisioning.RegenerateSshHostKeyPair=y",
       {"not-needed Provisioning.RegenerateSshHostKeyPair"}},
      {"Provisioning.SshHostKeyPairType=ed25519",
       {"becomes Provisioning.SshHostKeyPairType [Ssh] HostKeyTypes=ed25519"}},
      {"Provisioning.SshHostKeyPairType=rsa", {"not-needed Provisioning.SshHostKeyPairType"}},
      {"Provisioning.SshHostKeyPairType=dsa", {"lost Provisioning.SshHostKeyPairType"}},
      {"Provisioning.DeleteRootPassword=n",
       {"becomes Provisioning.DeleteRootPassword [User] LockRoot=no"}},
      {"Provisioning.PasswordCryptId=6", {"not-needed Provisioning.PasswordCryptId"}},
      {"Provisioning.PasswordCryptId=y",
       {"becomes Provisioning.PasswordCryptId [User] PasswordHash=yescrypt"}},
      {"Provisioning.PasswordCryptId=1", {"lost Provisioning.PasswordCryptId"}},
      {"Provisioning.MonitorHostNamePeriod=30", {"kept Provisioning.MonitorHostNamePeriod"}},
      {"Lib.Dir=/var/lib/waagent", {"kept Lib.Dir"}},
      {"Lib.Dir=/opt", {"lost Lib.Dir"}},
      {"Extensions.Enabled=y\nHttpProxy.Host=x\nOS.EnableFIPS=n",
       {"kept Extensions.Enabled", "kept HttpProxy.Host", "kept OS.EnableFIPS"}},
      {"Unheard.Of=y", {"lost Unheard.Of"}},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    CHECK(fates_of(Agent::kWaagent, text) == expected);
  }
}

TEST_CASE("what becomes of azure-init's keys") {
  const std::vector<Row> rows = {
      {"[ssh]\nauthorized_keys_path = \".ssh/authorized_keys\"\nquery_sshd_config = true",
       {"not-needed ssh.authorized_keys_path", "not-needed ssh.query_sshd_config"}},
      {"[ssh]\nconfigure_sshd_password_authentication = false",
       {"becomes ssh.configure_sshd_password_authentication [Ssh] ConfigureSshd=no"}},
      {"[imds]\ntotal_retry_timeout_secs = 300.0", {"not-needed imds.total_retry_timeout_secs"}},
      {"[imds]\ntotal_retry_timeout_secs = 60",
       {"becomes imds.total_retry_timeout_secs [Imds] Timeout=60s"}},
      {"[imds]\ntotal_retry_timeout_secs = soon", {"lost imds.total_retry_timeout_secs"}},
      {"[wireserver]\nhealth_endpoint = \"http://168.63.129.16/provisioning/health\"",
       {"not-needed wireserver.health_endpoint"}},
      {"[wireserver]\nhealth_endpoint = \"http://10.0.0.1:80/health\"\nread_timeout_secs = 1",
       {"becomes wireserver.health_endpoint [Platform] WireServerUrl=http://10.0.0.1:80",
        "not-needed wireserver.read_timeout_secs"}},
      {"[wireserver]\nhealth_endpoint = \"https://x/\"", {"lost wireserver.health_endpoint"}},
      {"[provisioning_media]\nenable = false", {"lost provisioning_media.enable"}},
      {"[azure_init_data_dir]\npath = \"/opt\"", {"lost azure_init_data_dir.path"}},
      {"[user_provisioners]\nbackends = [\"useradd\"]", {"not-needed user_provisioners.backends"}},
      {"[unheard]\nof = 1", {"lost unheard.of"}},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    CHECK(fates_of(Agent::kAzureInit, text) == expected);
  }
}

TEST_CASE("each rule has a sentence, is there once, and names keys that this program has") {
  std::vector<std::pair<Agent, KeyRule>> rules;
  for (const auto agent : kAgents) {
    for (const auto& rule : key_rules(agent)) rules.emplace_back(agent, rule);
  }
  for (const auto& path : path_rules()) rules.emplace_back(path.agent, path.rule);
  std::set<std::pair<Agent, std::string_view>> seen;
  for (const auto& [agent, rule] : rules) {
    CAPTURE(std::string(rule.key));
    CHECK(seen.emplace(agent, rule.key).second);
    CHECK(!rule.text.empty());
    CHECK((rule.ours.empty() || rule.decide != nullptr));
    CHECK((rule.lost.empty() || rule.decide != nullptr));
    CHECK((rule.lost.empty() || rule.lost.find(": ") != std::string_view::npos));
    CHECK((rule.fate != Fate::kBecomes || !rule.ours.empty()));
    if (rule.ours.empty()) continue;
    // "[Disk] FileSystem=, Label="
    const auto end = rule.ours.find("] ");
    REQUIRE(end != std::string_view::npos);
    std::string keys(rule.ours.substr(end + 2));
    std::erase_if(keys, [](char c) { return c == ',' || c == ' '; });
    std::size_t from = 0;
    for (auto at = keys.find('='); at != std::string::npos; at = keys.find('=', from)) {
      CHECK(find_config_key(rule.ours.substr(1, end - 1), keys.substr(from, at - from)) != nullptr);
      from = at + 1;
    }
    CHECK(from == keys.size());
  }
}

TEST_CASE("of the rules that fit a key, the exact one counts, else the longest") {
  CHECK(find_key_rule(Agent::kCloudInit, "growpart.mode")->key == "growpart.mode");
  CHECK(find_key_rule(Agent::kCloudInit, "growpart.x")->key == "growpart.*");
  CHECK(find_key_rule(Agent::kCloudInit, "system_info.default_user.x")->key ==
        "system_info.default_user.*");
  CHECK(find_key_rule(Agent::kCloudInit, "growpar") == nullptr);
  CHECK(find_key_rule(Agent::kWaagent, "growpart.mode") == nullptr);
  CHECK(has_rules_below(Agent::kCloudInit, "system_info"));
  CHECK_FALSE(has_rules_below(Agent::kCloudInit, "system"));
  CHECK_FALSE(has_rules_below(Agent::kCloudInit, "mounts"));
}
