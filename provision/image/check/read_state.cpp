// Reads what an earlier VM left in the image.
#include <string_view>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/accounts/sshd_drop_in.h"
#include "provision/accounts/sudoers_files.h"
#include "provision/image/check/layered_files.h"
#include "provision/image/check/read_image.h"
#include "provision/store/vm_state.h"

namespace azl::provision {
namespace {

/// Whether this is the running machine, and azl-provision provisioned it as the VM that it is.
bool is_own_machine(const Root& root) {
  if (!root.live()) return false;
  const auto state = load_state(root);
  const auto identity = imds::identify(imds::read_identity_facts(root));
  return state && state->provisioned && !identity.vm_id.empty() &&
         imds::same_vm(state->vm_id, identity.vm_id);
}

std::vector<std::string> list(const Root& root, const std::string& directory) {
  return root.list(directory).value_or(std::vector<std::string>());
}

void read_own(const Root& root, StateFacts& state) {
  const std::string directory(kStateDirectory);
  for (const auto& name : list(root, directory)) {
    // What ran once for the disk counts for its copies too.
    if (name != "programs") state.own.push_back(directory + "/" + name);
  }
  for (const auto& name : list(root, "/etc/systemd/network")) {
    if (name.starts_with("50-azl-provision-") && name.ends_with(".network"))
      state.own.push_back("/etc/systemd/network/" + name);
  }
  if (root.exists(kSudoersFile)) state.own.emplace_back(kSudoersFile);
  for (const auto& name : list(root, std::string(kSshdDropInDirectory))) {
    const auto path = sshd_drop_in_path(name);
    const bool ours =
        is_sshd_drop_in(name) ||
        (name == kSharedSshdDropIn && read_image_file(root, path).starts_with(kSshdDropInMark));
    if (ours) state.own.push_back(path);
  }
}

void read_others(const Root& root, StateFacts& state) {
  for (const std::string path : {"/var/lib/waagent/provisioned", "/var/lib/waagent/ovf-env.xml",
                                 "/var/lib/waagent/published_hostname", "/var/lib/cloud/instance",
                                 "/var/lib/cloud/instances", "/var/lib/cloud/data/instance-id"}) {
    if (root.exists(path) || root.link_target(path)) state.other_agents.push_back(path);
  }
  for (const auto& name : list(root, "/var/lib/azure-init")) {
    if (name.ends_with(".provisioned")) state.other_agents.push_back("/var/lib/azure-init/" + name);
  }
}

}  // namespace

void read_state_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  auto& state = facts.state;
  state.own_machine = is_own_machine(root);
  read_own(root, state);
  read_others(root, state);
  for (const auto& name : list(root, "/etc/ssh")) {
    if (name.starts_with("ssh_host_") && name.ends_with("_key"))
      state.host_keys.push_back("/etc/ssh/" + name);
  }
  const auto machine_id = root.read_if_exists("/etc/machine-id", 4096);
  if (machine_id && *machine_id)
    state.machine_id = std::string(trim(**machine_id));
  else if (!machine_id)
    facts.unchecked.push_back({.path = "/etc/machine-id", .text = machine_id.error().to_string()});
  if (!machine_id) state.machine_id.emplace();
  const std::string dbus = "/var/lib/dbus/machine-id";
  if (!root.link_target(dbus)) state.dbus_machine_id = trim(read_image_file(root, dbus));
}

}  // namespace azl::provision
