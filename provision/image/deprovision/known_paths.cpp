// The paths that deprovision knows by their names.
#include <array>

#include "provision/image/deprovision/deprovision.h"

namespace azl::provision {
namespace {

using enum KnownPart;
using enum RemovalAction;

constexpr std::string_view kHostKey =
    "an SSH host key belongs to one machine; the next VM gets its own";
constexpr std::string_view kLease = "a DHCP lease belongs to one machine";
constexpr std::string_view kGenerated = "azl-provision wrote it for this VM";
constexpr std::string_view kUnfinishedFile = "an interrupted run of azl-provision left it";
constexpr std::string_view kHistory = "the history of a shell of root";
constexpr std::string_view kLog = "the log of this VM";
constexpr std::string_view kLogins = "the logins on this VM";

// clang-format off
constexpr std::array kKnown = {
    KnownPath{"/etc/ssh/ssh_host_*_key*", kMachine, kRemove, kHostKey},
    KnownPath{"/etc/machine-id", kMachine, kEmpty, "the next boot draws a new id; a file that is missing would make it systemd's first boot, whose presets undo what the image enables"},
    KnownPath{"/var/lib/dbus/machine-id", kPlain, kRemove, "systemd would take the old machine id from it"},
    KnownPath{"/var/lib/systemd/random-seed", kMachine, kRemove, "two machines must not start from one seed"},
    KnownPath{"/var/lib/systemd/credential.secret", kSecret, kRemove, "the key of encrypted credentials belongs to one machine; systemd draws a new one"},
    KnownPath{"/var/lib/systemd/network/*", kMachine, kRemove, kLease},
    KnownPath{"/var/lib/dhcp/*", kMachine, kRemove, kLease},
    KnownPath{"/var/lib/dhclient/*", kMachine, kRemove, kLease},
    KnownPath{"/var/lib/NetworkManager/*.lease", kMachine, kRemove, kLease},
    KnownPath{"/var/lib/NetworkManager/secret_key", kMachine, kRemove, "NetworkManager derives addresses of one machine from it"},
    KnownPath{"/var/lib/hyperv/.kvp_pool_*", kMachine, kEmpty, "what this VM told its host, and its host told it"},
    KnownPath{"/etc/systemd/network/50-azl-provision-*.network", kOurs, kRemove, kGenerated},
    KnownPath{"/etc/systemd/network/50-azl-provision-*.link", kOurs, kRemove, kGenerated},
    KnownPath{"/etc/ssh/sshd_config.d/00-azl-provision.conf", kOurs, kRemove, kGenerated},
    KnownPath{"/etc/ssh/sshd_config.d/+00-azl-provision.conf", kOurs, kRemove, kGenerated},
    KnownPath{"/etc/ssh/sshd_config.d/00-azl-provision-closed.conf", kOurs, kRemove, kGenerated},
    KnownPath{"/etc/ssh/sshd_config.d/+00-azl-provision-closed.conf", kOurs, kRemove, kGenerated},
    KnownPath{"/etc/ssh/sshd_config.d/50-cloud-init.conf", kOurs, kRemove, kGenerated},
    KnownPath{"/etc/sudoers.d/90-azl-provision", kOurs, kRemove, kGenerated},
    KnownPath{"/etc/.*.azl-new", kMachine, kRemove, kUnfinishedFile},
    KnownPath{"/etc/ssh/.*.azl-new", kMachine, kRemove, kUnfinishedFile},
    KnownPath{"/etc/ssh/sshd_config.d/.*.azl-new", kMachine, kRemove, kUnfinishedFile},
    KnownPath{"/etc/sudoers.d/.*.azl-new", kMachine, kRemove, kUnfinishedFile},
    KnownPath{"/etc/systemd/network/.*.azl-new", kMachine, kRemove, kUnfinishedFile},
    KnownPath{"/var/lib/.*.azl-new", kMachine, kRemove, kUnfinishedFile},
    KnownPath{"/home/.*.azl-new", kMachine, kRemove, kUnfinishedFile},
    KnownPath{"/root/.bash_history", kMachine, kRemove, kHistory},
    KnownPath{"/root/.zsh_history", kMachine, kRemove, kHistory},
    KnownPath{"/root/.sh_history", kMachine, kRemove, kHistory},
    KnownPath{"/root/.ash_history", kMachine, kRemove, kHistory},
    KnownPath{"/root/.local/share/fish/fish_history", kMachine, kRemove, kHistory},
    KnownPath{"/var/lib/waagent", kMachine, kRemove, "WALinuxAgent's state of this VM"},
    KnownPath{"/var/lib/cloud/instance", kMachine, kRemove, "cloud-init's state of this VM"},
    KnownPath{"/var/lib/cloud/instances", kMachine, kRemove, "cloud-init's state of this VM"},
    KnownPath{"/var/lib/cloud/data", kMachine, kRemove, "cloud-init's state of this VM"},
    KnownPath{"/var/lib/azure-init", kMachine, kRemove, "azure-init's state of this VM"},
    KnownPath{"/run/azl-provision", kTreeOnly, kRemove, "what azl-provision keeps for one boot"},

    KnownPath{"/var/lib/cloud/sem", kPrograms, kRemove, "the programs in per-once run again on the next VM"},
    KnownPath{"/var/lib/azl-provision/programs", kPrograms, kRemove, "the programs in per-once run again on the next VM"},

    KnownPath{"/var/log/azl-provision", kLogs, kRemove, kLog},
    KnownPath{"/var/log/cloud-init*.log", kLogs, kRemove, kLog},
    KnownPath{"/var/log/waagent.log*", kLogs, kRemove, kLog},
    KnownPath{"/var/log/azure-init*", kLogs, kRemove, kLog},
    KnownPath{"/var/log/journal/[0-9a-f]*", kLogs, kRemove, "the journal of this VM"},
    KnownPath{"/var/log/wtmp", kLogs, kEmpty, kLogins},
    KnownPath{"/var/log/btmp", kLogs, kEmpty, kLogins},
    KnownPath{"/var/log/lastlog", kLogs, kEmpty, kLogins},
    KnownPath{"/var/log/faillog", kLogs, kEmpty, kLogins},
    KnownPath{"/var/lib/lastlog/lastlog2.db", kLogs, kRemove, kLogins},
    KnownPath{"/var/lib/wtmpdb/wtmp.db", kLogs, kRemove, kLogins},

    KnownPath{"/var/lib/azl-provision/*", kState, kRemove, "azl-provision's state of this VM"},
};
// clang-format on

}  // namespace

std::span<const KnownPath> known_paths() { return kKnown; }

}  // namespace azl::provision
