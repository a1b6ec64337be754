#include "provision/gather/other_agents.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/config/values.h"
#include "provision/gather/tree.h"

namespace azl::provision {
namespace {

bool on_command_line(std::string_view command_line, std::string_view word) {
  return std::ranges::any_of(split(command_line, ' '),
                             [&](std::string_view w) { return trim(w) == word; });
}

}  // namespace

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
    note(agent, read_first_line(root, agent.record));
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
             "to use azl-provision, run 'azl-provision migrate' if cloud-init provisioned this VM; "
             "else "
             "remove cloud-init or create /etc/cloud/cloud-init.disabled";
    }
  }
  if (is_unit_enabled(root, "azure-init.service")) {
    return "azure-init is enabled too (azure-init.service), and two agents must not provision one "
           "VM; to use azl-provision, run 'azl-provision migrate' if azure-init provisioned this "
           "VM; "
           "else disable it";
  }
  return {};
}

std::string find_off_word(const std::string& kernel_command_line) {
  for (const auto word : split(kernel_command_line, ' ')) {
    constexpr std::string_view kKey = "azl-provision.provision=";
    if (trim(word).starts_with(kKey) && parse_boolean(trim(word).substr(kKey.size())) == false)
      return std::string(trim(word));
  }
  return {};
}

std::string find_off_switch(const Root& root, const std::string& kernel_command_line) {
  if (const auto word = find_off_word(kernel_command_line); !word.empty())
    return "switched off by " + word + " on the kernel command line";
  if (root.exists("/etc/azl-provision/disabled"))
    return "switched off by /etc/azl-provision/disabled";
  return {};
}

}  // namespace azl::provision
