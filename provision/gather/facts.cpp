#include "provision/gather/facts.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sshd.h"

namespace azl::provision {
namespace {

/// The first line of a small file, trimmed; empty when it can't be read.
std::string first_line(const Root& root, std::string_view path) {
  const auto text = root.read_if_exists(path, 4096);
  if (!text || !*text) return {};
  return std::string(trim(std::string_view(**text).substr(0, (**text).find('\n'))));
}

bool on_command_line(std::string_view command_line, std::string_view word) {
  return std::ranges::any_of(split(command_line, ' '),
                             [&](std::string_view w) { return trim(w) == word; });
}

}  // namespace

bool Facts::has_shell(const std::string& shell) const {
  return std::ranges::find(missing_shells, shell) == missing_shells.end();
}

OtherRecords find_other_records(const Root& root, const std::string& vm_id) {
  OtherRecords records;
  if (vm_id.empty()) return records;
  const auto note = [&](OtherAgent agent, std::string_view of) {
    if (of.empty()) return;
    auto& record = imds::same_vm(of, vm_id) ? records.of_this_vm : records.of_another_vm;
    if (!record) record = std::move(agent);
  };
  for (const auto& agent : {OtherAgent{"cloud-init", "/var/lib/cloud/data/instance-id"},
                            OtherAgent{"WALinuxAgent", "/var/lib/waagent/provisioned"}})
    note(agent, first_line(root, agent.record));
  constexpr std::string_view kAzureInit = "/var/lib/azure-init";
  constexpr std::string_view kMark = ".provisioned";
  for (const auto& name : root.list(kAzureInit).value_or(std::vector<std::string>())) {
    if (name.ends_with(kMark))
      note({"azure-init", std::string(kAzureInit) + "/" + name},
           std::string_view(name).substr(0, name.size() - kMark.size()));
  }
  return records;
}

std::string find_rival(const Root& root, const std::string& kernel_command_line) {
  const bool cloud_init_off = root.exists("/etc/cloud/cloud-init.disabled") ||
                              on_command_line(kernel_command_line, "cloud-init=disabled");
  for (const std::string unit : {"cloud-init-local.service", "cloud-init-main.service"}) {
    if (!cloud_init_off && is_unit_enabled(root, unit)) {
      return "cloud-init is enabled too (" + unit +
             "), and two agents must not provision one VM; "
             "to use azl-provision, remove cloud-init or create /etc/cloud/cloud-init.disabled";
    }
  }
  if (is_unit_enabled(root, "azure-init.service")) {
    return "azure-init is enabled too (azure-init.service), and two agents must not provision one "
           "VM; to use azl-provision, disable it";
  }
  return {};
}

std::string find_off_switch(const Root& root, const std::string& kernel_command_line) {
  for (const auto word : split(kernel_command_line, ' ')) {
    constexpr std::string_view kKey = "azl-provision.provision=";
    if (trim(word).starts_with(kKey) && parse_boolean(trim(word).substr(kKey.size())) == false) {
      return "switched off by " + std::string(trim(word)) + " on the kernel command line";
    }
  }
  if (root.exists("/etc/azl-provision/disabled"))
    return "switched off by /etc/azl-provision/disabled";
  return {};
}

bool is_unit_enabled(const Root& root, const std::string& unit) {
  if (root.link_target("/etc/systemd/system/" + unit) == "/dev/null" ||
      root.link_target("/run/systemd/system/" + unit) == "/dev/null")
    return false;
  for (const std::string directory :
       {"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator",
        "/run/systemd/generator.early", "/run/systemd/generator.late", "/usr/lib/systemd/system"}) {
    const auto names = root.list(directory);
    if (!names) continue;
    for (const auto& name : *names) {
      // exists() follows the link inside the root: one that a removed package left behind counts
      // for nothing.
      if ((name.ends_with(".wants") || name.ends_with(".requires")) &&
          root.exists(directory + "/" + name + "/" + unit))
        return true;
    }
  }
  return false;
}

bool has_networkd(const Root& root) {
  return is_unit_enabled(root, "systemd-networkd.service") ||
         root.exists("/run/systemd/netif/links");
}

bool is_other_agents(const Facts& facts) {
  return facts.provisioned_by &&
         !(facts.state.begun && imds::same_vm(facts.state.vm_id, facts.identity.vm_id));
}

bool was_another_vm(const Facts& facts) {
  const bool ours =
      !facts.state.vm_id.empty() && !imds::same_vm(facts.state.vm_id, facts.identity.vm_id);
  return ours || facts.earlier_record;
}

bool is_lived_in(const Facts& facts) {
  const auto& [accounts, groups, uid_min, uid_max] = facts.accounts;
  return was_another_vm(facts) || facts.root_can_log_in ||
         std::ranges::any_of(accounts, [&](const Account& account) {
           return account.uid >= uid_min && account.uid <= uid_max;
         });
}

Result<void> gather_tree(const Root& root, const Config& config, Facts& facts) {
  facts.hostname = first_line(root, "/etc/hostname");
  facts.machine_id = first_line(root, "/etc/machine-id");
  if (facts.machine_id == "uninitialized") facts.machine_id.clear();
  facts.has_sshd = has_sshd(root);
  facts.has_sudo = root.exists("/etc/sudoers.d");
  facts.has_networkd = has_networkd(root);
  const auto keys = root.stat("/root/.ssh/authorized_keys");
  facts.root_can_log_in = password_usable(root, "root").value_or(false) ||
                          (keys && *keys && (*keys)->is_regular() && (*keys)->size > 0);
  auto accounts = read_accounts(root);
  if (!accounts) return fail(std::move(accounts.error()), "reading the accounts");
  facts.accounts = std::move(*accounts);
  facts.missing_shells.clear();
  std::set<std::string> shells = {config.user.shell, std::string(kShellOfLastResort)};
  for (const auto& account : facts.accounts.accounts) shells.insert(account.shell);
  for (const auto& shell : shells) {
    if (!shell.empty() && !root.exists(shell)) facts.missing_shells.push_back(shell);
  }
  return {};
}

}  // namespace azl::provision
