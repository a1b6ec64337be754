// Everything that the decisions rest on, as plain data.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "imds/certificates/pkcs12.h"
#include "imds/identity.h"
#include "imds/instance_client.h"
#include "imds/ovf.h"
#include "net/link.h"
#include "net/primary.h"
#include "provision/accounts/account.h"
#include "provision/accounts/ageing.h"
#include "provision/store/network.h"
#include "provision/store/pool_marker.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// An agent that has provisioned a VM, by its own record.
struct OtherAgent {
  std::string name;    ///< "cloud-init", "WALinuxAgent", "azure-init"
  std::string record;  ///< the file that says so
};

/// The distribution's programs for automatic updates.
enum class UpdateProgram {
  kNone,
  kDnf5Automatic,       ///< dnf5-automatic.timer, of dnf5-plugin-automatic
  kDnfAutomatic,        ///< dnf-automatic.timer, of dnf 4
  kUnattendedUpgrades,  ///< apt-daily-upgrade.timer with unattended-upgrades
};

inline constexpr std::string_view kDnfAutomaticFile = "/etc/dnf/automatic.conf";

/// What the image has.
struct UpdateFacts {
  UpdateProgram program = UpdateProgram::kNone;
  std::string dnf_config;  ///< the text of kDnfAutomaticFile; empty: there is none
};

/// What the WireServer gave when it was asked for certificates.
struct FetchedCertificates {
  std::vector<imds::DeployedCertificate> list = {};
  std::optional<Error> error = {};  ///< they could not be fetched or read
};

/// What was found. The decisions read nothing else.
struct Facts {
  imds::Identity identity;
  std::optional<imds::Ovf> ovf;    ///< the media's document
  std::string ovf_source;          ///< "/dev/sr0"; empty without media
  std::optional<Error> ovf_error;  ///< media that could not be read or parsed
  std::optional<imds::ImdsAnswer> imds;
  std::optional<FetchedCertificates> certificates = {};  ///< nullopt: they were not asked for
  std::optional<Error> imds_error;
  bool imds_of_other_vm = false;  ///< an answer was set aside, because it speaks for another VM
  /// The media says ProvisionGuestProxyAgent=true, and the agent is missing or not ready.
  std::optional<Error> proxy_agent_error;
  /// The platform was told Ready for the pool of a pre-provisioned VM, perhaps on an earlier boot.
  std::optional<PoolMarker> pool_marker;
  bool left_pool = false;  ///< the media's document is that of the user who got the VM
  net::NetworkState network;
  std::optional<net::Primary> primary;
  KnownNetwork known_network;  ///< as remembered before this boot
  bool has_networkd = true;    ///< systemd-networkd is enabled or runs
  AccountFacts accounts;
  State state;                               ///< as recorded before this boot
  bool state_unreadable = false;             ///< there is a record that cannot be read
  std::optional<OtherAgent> provisioned_by;  ///< an agent's record of this VM id
  std::optional<OtherAgent> earlier_record;  ///< an agent's record of another VM id
  std::string hostname;                      ///< the text of /etc/hostname
  std::string machine_id;                    ///< the text of /etc/machine-id; empty: none yet
  bool machine_id_is_new = false;            ///< it was made on this boot
  /// Login shells that an account has, or is to get, and that do not exist.
  std::vector<std::string> missing_shells;
  /// Login shells that exist and are not executable files. sshd refuses such an account.
  std::vector<std::string> unrunnable_shells;
  bool root_can_log_in = false;  ///< root has a usable password or SSH keys
  bool has_sshd = true;
  bool has_sudo = true;                ///< /etc/sudoers.d exists
  bool has_nologin = false;            ///< /etc/nologin exists: PAM and sshd let only root log in
  std::vector<AccountAgeing> ageings;  ///< of the accounts in /etc/shadow
  UpdateFacts updates;                 ///< only if [Updates] asks for something
  long today = 0;                      ///< days since 1970-01-01; 0: not known

  /// IMDS's document, or null without one.
  [[nodiscard]] const imds::Instance* instance() const { return imds ? &imds->instance : nullptr; }
  /// The ifindex of the primary link, if there is one.
  [[nodiscard]] std::optional<int> primary_link() const {
    return primary ? std::optional(primary->link) : std::nullopt;
  }
  /// Whether IMDS answered, and its answer lists the NICs.
  [[nodiscard]] bool lists_nics() const { return imds && !imds->instance.lost_network(); }
  [[nodiscard]] bool has_shell(const std::string& shell) const;
  /// Whether sshd accepts a login with this shell: it exists and is an executable file.
  [[nodiscard]] bool can_run_shell(const std::string& shell) const;
  /// Whether the state is about the VM id that the firmware gives.
  [[nodiscard]] bool is_recorded_vm() const;
  /// Whether this VM id was provisioned before this stage began.
  [[nodiscard]] bool is_provisioned() const {
    return is_recorded_vm() && state.provisioned.has_value();
  }
};

/// Whether another agent provisioned this VM. False if this agent began on it: the record that
/// names the VM may then be the one that it left for WALinuxAgent.
[[nodiscard]] bool is_other_agents(const Facts& facts);

/// Whether this disk was another VM before, by any agent's record: a captured image or a restored
/// machine.
[[nodiscard]] bool was_another_vm(const Facts& facts);
/// Whether somebody can log in here without being provisioned: the disk was another VM, has a
/// person's account, or root can log in. False for a fresh image.
[[nodiscard]] bool is_lived_in(const Facts& facts);

/// The login shell if the configured one does not exist.
inline constexpr std::string_view kShellOfLastResort = "/bin/sh";

}  // namespace azl::provision
