#include "provision/custom_data/plan/unplanned_keys.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "provision/custom_data/plan/top_level_keys.h"

namespace azl::provision::custom_data {
namespace {

struct Row {
  std::string_view key;
  std::string_view advice;
};

constexpr std::string_view kUsers =
    "make them in runcmd: '- useradd -m NAME'; Azure's admin user is always made";
constexpr std::string_view kKeys =
    "write them in runcmd to the file .ssh/authorized_keys of the user, who owns it";
constexpr std::string_view kPasswords = "set them in runcmd with chpasswd(8)";
constexpr std::string_view kDisks =
    "azl-provision sets up Azure's disks by its configuration: azl-provision.conf(5), [Disk]";
constexpr std::string_view kGrowth = "set GrowRoot= in azl-provision.conf(5), [Disk]";
constexpr std::string_view kHostName =
    "the host name is the one of the VM on Azure; to change it, '- hostnamectl set-hostname NAME' "
    "in runcmd";
constexpr std::string_view kEtcHosts =
    "write the lines in runcmd: \"- echo 'ADDRESS NAME' >> "
    "/etc/hosts\"";
constexpr std::string_view kPower = "let the last line of runcmd do it: '- shutdown -r +1'";

/// What to do in the meantime.
constexpr auto kRows = std::to_array<Row>({
    {"apt",
     "Azure Linux has no apt: write repositories to /etc/yum.repos.d with write_files, and install "
     "in runcmd: '- dnf install -y PACKAGE'"},
    {"ca-certs",
     "write them to /etc/pki/ca-trust/source/anchors with write_files, and run "
     "update-ca-trust in runcmd"},
    {"ca_certs",
     "write them to /etc/pki/ca-trust/source/anchors with write_files, and run "
     "update-ca-trust in runcmd"},
    {"chpasswd", kPasswords},
    {"device_aliases", kDisks},
    {"disable_root", "set PermitRootLogin in a file in /etc/ssh/sshd_config.d with write_files"},
    {"disk_setup", kDisks},
    {"final_message", "print it in the last line of runcmd"},
    {"fqdn", kHostName},
    {"fs_setup", kDisks},
    {"groups", "make them in runcmd: '- groupadd NAME'"},
    {"growpart", kGrowth},
    {"hostname", kHostName},
    {"locale", "set it in runcmd: '- localectl set-locale LANG=NAME'"},
    {"manage_etc_hosts", kEtcHosts},
    {"mounts", "write them to /etc/fstab in runcmd, and run 'mount -a'"},
    {"ntp",
     "append them in runcmd, which keeps Azure's clock: \"- echo 'server NAME iburst' >> "
     "/etc/chrony.conf\", and then '- systemctl restart chronyd'"},
    {"password", kPasswords},
    {"power_state", kPower},
    {"preserve_hostname", kHostName},
    {"resize_rootfs", kGrowth},
    {"ssh_authorized_keys", kKeys},
    {"ssh_pwauth", "logins by password are allowed if the VM was made with a password"},
    {"swap", "make a swap file in runcmd with mkswap(8) and swapon(8)"},
    {"system_info", "azl-provision makes the user that the VM was made with on Azure"},
    {"timezone", "set it in runcmd: '- timedatectl set-timezone ZONE'"},
    {"user", kUsers},
    {"users", kUsers},
    {"yum_repos", "write the files to /etc/yum.repos.d with write_files"},
});

Remark describe_unplanned_key(std::string_view name, ModuleOutput& out) {
  const auto* key = find_top_level_key(name);
  if (key == nullptr) return describe_unknown_key(name, out.may_suggest());
  if (key->state == KeyState::kIgnored) return describe_ignored_key(*key);
  return {
      .level = RemarkLevel::kWarning,
      .rule = "not-supported",
      .place = {},
      .text = "this version of azl-provision does not carry out '" + std::string(key->name) + "'",
      .advice = std::string(find_meanwhile(key->name))};
}

}  // namespace

std::string_view find_meanwhile(std::string_view key) {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.key == key; });
  return row == kRows.end() ? std::string_view("do it in runcmd") : row->advice;
}

void remark_unplanned_key(const YamlMember& member, ModuleOutput& out) {
  auto remark = describe_unplanned_key(member.name, out);
  out.remark(remark.level, remark.rule, out.place_of(member), std::move(remark.text),
             std::move(remark.advice));
}

}  // namespace azl::provision::custom_data
