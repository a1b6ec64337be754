#include "provision/plan/host_keys.h"

namespace azl::provision {

Choice decide_host_keys(const Facts& facts, const Config& config, bool any_source) {
  if (!facts.has_sshd) return {false, "sshd is not installed"};
  if (!config.ssh.replace_host_keys) return {false, "[Ssh] HostKeys=keep"};
  if (facts.is_recorded_vm() && facts.state.host_keys_made)
    return {false, "they were already made for this VM"};
  // Replace them after a failure too, so that sshd does not start with keys that other VMs of this
  // image have. Without a source, a disk of another VM may be a restored machine: keep its keys.
  if (!any_source && was_another_vm(facts) && !facts.is_recorded_vm())
    return {false, "without media and IMDS, this may be a restored machine"};
  return {true, "the VM id is new"};
}

}  // namespace azl::provision
