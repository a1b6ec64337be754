#include "provision/facts.h"

#include <algorithm>
#include <array>

#include "base/text.h"
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

/// Whether a unit would be started: some .wants directory links to it, the unit is there, and it
/// isn't masked.
bool enabled(const Root& root, const std::string& unit) {
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

}  // namespace

std::optional<OtherAgent> find_other_record(const Root& root, const std::string& vm_id) {
  if (vm_id.empty()) return std::nullopt;
  const std::array<OtherAgent, 2> by_content = {{{"cloud-init", "/var/lib/cloud/data/instance-id"},
                                                 {"WALinuxAgent", "/var/lib/waagent/provisioned"}}};
  for (const auto& agent : by_content) {
    if (imds::same_vm(first_line(root, agent.record), vm_id)) return agent;
  }
  constexpr std::string_view kAzureInit = "/var/lib/azure-init";
  constexpr std::string_view kMark = ".provisioned";
  if (const auto names = root.list(kAzureInit)) {
    for (const auto& name : *names) {
      if (name.ends_with(kMark) &&
          imds::same_vm(name.substr(0, name.size() - kMark.size()), vm_id)) {
        return OtherAgent{"azure-init", std::string(kAzureInit) + "/" + name};
      }
    }
  }
  return std::nullopt;
}

std::string find_rival(const Root& root, const std::string& kernel_command_line) {
  const bool cloud_init_off = root.exists("/etc/cloud/cloud-init.disabled") ||
                              on_command_line(kernel_command_line, "cloud-init=disabled");
  for (const std::string unit : {"cloud-init-local.service", "cloud-init-main.service"}) {
    if (!cloud_init_off && enabled(root, unit)) {
      return "cloud-init is enabled too (" + unit +
             "), and two agents must not provision one VM; "
             "to use azl-provision, remove cloud-init or create /etc/cloud/cloud-init.disabled";
    }
  }
  if (enabled(root, "azure-init.service")) {
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

bool is_other_agents(const Facts& facts) {
  return facts.provisioned_by &&
         !(facts.state.begun && imds::same_vm(facts.state.vm_id, facts.identity.vm_id));
}

Result<void> gather_tree(const Root& root, Facts& facts) {
  auto accounts = read_accounts(root);
  if (!accounts) return fail(std::move(accounts.error()), "reading the accounts");
  facts.accounts = std::move(*accounts);
  facts.hostname = first_line(root, "/etc/hostname");
  facts.machine_id = first_line(root, "/etc/machine-id");
  if (facts.machine_id == "uninitialized") facts.machine_id.clear();
  facts.has_sshd = has_sshd(root);
  facts.has_sudo = root.exists("/etc/sudoers.d");
  return {};
}

}  // namespace azl::provision
