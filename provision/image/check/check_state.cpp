// What an earlier VM left in the image.
#include "base/text.h"
#include "provision/image/check/check_image.h"

namespace azl::provision {
namespace {

void check_machine_id(const StateFacts& state, CheckFindings& findings) {
  const std::string path = "/etc/machine-id";
  if (!state.machine_id || *state.machine_id == "uninitialized")
    findings.push_back(
        {.check = Check::kFirstBootPresets,
         .path = path,
         .detail = state.machine_id ? "the file says \"uninitialized\"" : "the file is missing"});
  else if (!state.machine_id->empty())
    findings.push_back(
        {.check = Check::kStaleMachineId, .path = path, .detail = "the image has a machine id"});
  if (!state.dbus_machine_id.empty())
    findings.push_back({.check = Check::kStaleMachineId,
                        .path = "/var/lib/dbus/machine-id",
                        .detail = "the image has a machine id for D-Bus"});
}

void add_paths(Check check, const std::vector<std::string>& paths, const std::string& what,
               CheckFindings& findings) {
  for (const auto& path : paths) findings.push_back({.check = check, .path = path, .detail = what});
}

}  // namespace

void check_state(const ImageFacts& facts, CheckFindings& findings) {
  const auto& state = facts.state;
  if (state.own_machine) {
    findings.push_back(
        {.check = Check::kNotChecked,
         .detail = "this machine is a VM that azl-provision provisioned: its state, users, host "
                   "keys and machine id are those of the VM, and were not judged"});
    return;
  }
  add_paths(Check::kStaleState, state.own, "an earlier VM left it", findings);
  add_paths(Check::kStaleAgentState, state.other_agents, "an earlier VM left it", findings);
  add_paths(Check::kStaleHostKeys, state.host_keys, "the image has this host key", findings);
  check_machine_id(state, findings);
}

}  // namespace azl::provision
