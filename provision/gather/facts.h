// What was found: everything that the decision rests on, and nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "imds/identity.h"
#include "imds/instance_client.h"
#include "imds/ovf.h"
#include "net/link.h"
#include "net/primary.h"
#include "provision/accounts/account.h"
#include "provision/config/config.h"
#include "provision/store/network.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// An agent that has provisioned a VM, by its own record.
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
  KnownNetwork known_network;  ///< as remembered before this boot
  bool has_networkd = true;    ///< systemd-networkd is enabled, or runs
  AccountFacts accounts;
  State state;                               ///< as recorded before this boot
  bool state_unreadable = false;             ///< there is a record, and what it says is lost
  std::optional<OtherAgent> provisioned_by;  ///< an agent's record of this VM id
  std::optional<OtherAgent> earlier_record;  ///< an agent's record of another VM id
  std::string hostname;                      ///< /etc/hostname as it is
  std::string machine_id;                    ///< /etc/machine-id as it is; empty: none yet
  std::vector<std::string> missing_shells;   ///< login shells that somebody has or is to get, and
                                             ///< that are not there
  bool root_can_log_in = false;              ///< root has a usable password or SSH keys
  bool has_sshd = true;
  bool has_sudo = true;  ///< /etc/sudoers.d is there

  /// What IMDS said; null: nothing.
  [[nodiscard]] const imds::Instance* instance() const { return imds ? &imds->instance : nullptr; }
  [[nodiscard]] bool has_shell(const std::string& shell) const;
};

/// What other agents' records say: /var/lib/cloud/data/instance-id, /var/lib/waagent/provisioned,
/// /var/lib/azure-init/ID.provisioned.
struct OtherRecords {
  std::optional<OtherAgent> of_this_vm;
  std::optional<OtherAgent> of_another_vm;
};
[[nodiscard]] OtherRecords find_other_records(const Root& root, const std::string& vm_id);

/// Which other provisioning agent would act on this boot too, as a sentence; empty when none:
/// cloud-init enabled by a unit link and not switched off by /etc/cloud/cloud-init.disabled, the
/// kernel command line or a mask; azure-init likewise.
[[nodiscard]] std::string find_rival(const Root& root, const std::string& kernel_command_line);

/// Whether the agent is switched off, as a sentence: azl-provision.provision=no on the kernel
/// command line, or /etc/azl-provision/disabled; empty when not.
[[nodiscard]] std::string find_off_switch(const Root& root, const std::string& kernel_command_line);

/// Whether a unit would be started: some .wants or .requires directory links to it, the unit is
/// there, and it isn't masked.
[[nodiscard]] bool is_unit_enabled(const Root& root, const std::string& unit);

/// Whether systemd-networkd is enabled or runs: else its files would be read by nobody.
[[nodiscard]] bool has_networkd(const Root& root);

/// Whether the VM is another agent's work. Not where this agent began on it: the record that names
/// the VM may then be what it left for WALinuxAgent.
[[nodiscard]] bool is_other_agents(const Facts& facts);

/// Whether this disk was a machine before it had this VM id, by any agent's record: a captured
/// image, or a restored machine.
[[nodiscard]] bool was_another_vm(const Facts& facts);
/// Whether somebody can log in here without being provisioned: the disk was another machine, or has
/// an account of a person, or root's is open. A fresh image is nobody's.
[[nodiscard]] bool is_lived_in(const Facts& facts);

/// The login shell where the configured one is not there.
inline constexpr std::string_view kShellOfLastResort = "/bin/sh";

/// Adds what the tree itself says: accounts, shells, host name, machine id, sshd, sudo, networkd.
/// What can be read is there also after an error. Errors: kIo.
[[nodiscard]] Result<void> gather_tree(const Root& root, const Config& config, Facts& facts);

}  // namespace azl::provision
