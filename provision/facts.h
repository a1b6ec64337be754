// What was found: everything that the decision rests on, and nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "imds/client.h"
#include "imds/identity.h"
#include "imds/ovf.h"
#include "net/link.h"
#include "provision/accounts/account.h"
#include "provision/state.h"

namespace azl::provision {

/// An agent that has provisioned this VM already, by its own record.
struct OtherAgent {
  std::string name;    ///< "cloud-init", "WALinuxAgent", "azure-init"
  std::string record;  ///< the file that says so
};

struct Facts {
  imds::Identity identity;
  std::optional<imds::Ovf> ovf;    ///< the media's document
  std::string ovf_source;          ///< "/dev/sr0"; empty without media
  std::optional<Error> ovf_error;  ///< media that could not be read or parsed
  std::optional<imds::ImdsAnswer> imds;
  std::optional<Error> imds_error;
  std::optional<Error> proxy_agent_error;  ///< ProvisionGuestProxyAgent=true, and the agent is not
                                           ///< there or not ready
  net::NetworkState network;
  std::optional<net::Primary> primary;
  AccountFacts accounts;
  State state;  ///< as recorded before this boot
  std::optional<OtherAgent> provisioned_by;
  std::string hostname;    ///< /etc/hostname as it is
  std::string machine_id;  ///< /etc/machine-id as it is; empty: none yet
  bool has_sshd = true;
  bool has_sudo = true;  ///< /etc/sudoers.d is there
};

/// Which agent's record names this VM, if one does: /var/lib/cloud/data/instance-id,
/// /var/lib/waagent/provisioned, /var/lib/azure-init/ID.provisioned. Records of other VM ids do not
/// count.
[[nodiscard]] std::optional<OtherAgent> find_other_record(const Root& root,
                                                          const std::string& vm_id);

/// Which other provisioning agent would act on this boot too, as a sentence; empty when none:
/// cloud-init enabled by a unit link and not switched off by /etc/cloud/cloud-init.disabled, the
/// kernel command line or a mask; azure-init likewise.
[[nodiscard]] std::string find_rival(const Root& root, const std::string& kernel_command_line);

/// Whether the agent is switched off, as a sentence: azl-provision.provision=no on the kernel
/// command line, or /etc/azl-provision/disabled; empty when not.
[[nodiscard]] std::string find_off_switch(const Root& root, const std::string& kernel_command_line);

/// Whether the VM is another agent's work. Not where this agent began on it: the record that names
/// the VM may then be what it left for WALinuxAgent.
[[nodiscard]] bool is_other_agents(const Facts& facts);

/// Adds what the tree itself says: accounts, host name, machine id, sshd, sudo. Errors: kIo.
[[nodiscard]] Result<void> gather_tree(const Root& root, Facts& facts);

}  // namespace azl::provision
