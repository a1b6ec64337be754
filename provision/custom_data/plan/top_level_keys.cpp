#include "provision/custom_data/plan/top_level_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/closest.h"
#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {

namespace {

using enum KeyState;

// Source of the names and modules: cloud-init's schema-cloud-config-v1.json, and the calls in its
// modules that read keys which the schema does not name.
constexpr auto kKeys = std::to_array<TopLevelKey>({
    {"add_apt_repo_match", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"allow_public_ssh_keys", kIgnored, "ssh",
     "The keys that Azure gives are always installed. Leave them out when you create the VM."},
    {"allow_userdata", kIgnored, "base",
     "A setting of cloud-init itself, which has no effect here."},
    {"ansible", kIgnored, "ansible", "Install and run Ansible in `runcmd`."},
    {"apk_repos", kIgnored, "apk_configure", "For Alpine Linux only."},
    {"apt", kDiffers, "apt_configure",
     "`sources`, `conf` and proxies are carried out on systems with apt, which Azure Linux lacks. "
     "Keys are not fetched from key servers, and add-apt-repository is not run. The system's own "
     "sources are kept."},
    {"apt_custom_sources_list", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_ftp_proxy", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_http_proxy", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_https_proxy", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_mirror", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_mirror_search", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_mirror_search_dns", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_pipelining", kIgnored, "apt_pipelining",
     "For apt only, which Azure Linux does not have."},
    {"apt_preserve_sources_list", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_proxy", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: configure dnf in /etc/yum.repos.d and "
     "/etc/dnf/dnf.conf."},
    {"apt_reboot_if_required", kDiffers, "package_update_upgrade_install",
     "An older name of `package_reboot_if_required`."},
    {"apt_sources", kIgnored, "apt_configure",
     "An older form of `apt`. Azure Linux has no apt: use `yum_repos`, or write the files to "
     "/etc/yum.repos.d."},
    {"apt_update", kSupported, "package_update_upgrade_install",
     "An older name of `package_update`."},
    {"apt_upgrade", kSupported, "package_update_upgrade_install",
     "An older name of `package_upgrade`."},
    {"authkey_hash", kIgnored, "ssh_authkey_fingerprints",
     "The report has the fingerprints of keys as SHA-256. Run `ssh-keygen -lf` for others."},
    {"autoinstall", kIgnored, "ubuntu_autoinstall", "For Ubuntu's installer only."},
    {"bootcmd", kSupported, "bootcmd", "Runs on each boot, before sshd starts."},
    {"byobu_by_default", kIgnored, "byobu", "Run `byobu-enable` in `runcmd`."},
    {"ca-certs", kDiffers, "ca_certs", "An older name of `ca_certs`."},
    {"ca_certs", kDiffers, "ca_certs",
     "Certificates are added to those that the system trusts, with update-ca-trust on Azure Linux. "
     "`remove_defaults` removes all others; an upgrade of the package `ca-certificates` brings its "
     "own back."},
    {"chef", kIgnored, "chef", "Install and run Chef in `runcmd`."},
    {"chpasswd", kDiffers, "set_passwords",
     "Passwords of users are set. Text is refused where a hash is due, and hashes of yescrypt are "
     "known in `list`, too."},
    {"cloud_config_modules", kIgnored, "base", "What runs depends on the other keys only."},
    {"cloud_final_modules", kDiffers, "base",
     "Only `[scripts-user, always]` is used: scripts and `runcmd` then run on each boot."},
    {"cloud_init_modules", kIgnored, "base", "What runs depends on the other keys only."},
    {"create_hostname_file", kIgnored, "set_hostname", "/etc/hostname is always written."},
    {"datasource", kIgnored, "base", "A setting of cloud-init itself, which has no effect here."},
    {"datasource_list", kIgnored, "base",
     "A setting of cloud-init itself, which has no effect here."},
    {"datasource_pkg_list", kIgnored, "base",
     "A setting of cloud-init itself, which has no effect here."},
    {"def_log_file", kIgnored, "base", "A setting of cloud-init itself, which has no effect here."},
    {"device_aliases", kDiffers, "disk_setup",
     "Names for disks in `disk_setup`, `fs_setup` and `mounts`. An alias can stand for another "
     "one."},
    {"di_report", kIgnored, "base", "A setting of cloud-init itself, which has no effect here."},
    {"disable_ec2_metadata", kIgnored, "disable_ec2_metadata", "For Amazon's cloud only."},
    {"disable_network_activation", kIgnored, "base",
     "A setting of cloud-init itself, which has no effect here."},
    {"disable_root", kDiffers, "ssh",
     "`false` gives root the SSH keys of the user that Azure names. Otherwise root gets none."},
    {"disable_root_opts", kIgnored, "ssh",
     "Write the options into root's keys with `write_files`."},
    {"disk_setup", kDiffers, "disk_setup",
     "A disk gets a GPT with one partition, and the resource disk another one for swap if the "
     "layout says so. Other layouts are refused. A disk with other content is changed only if "
     "`fs_setup` says `overwrite: true`, too."},
    {"drivers", kIgnored, "ubuntu_drivers", "For Ubuntu only. Install drivers with `packages`."},
    {"fan", kIgnored, "fan", "For Ubuntu only."},
    {"final_message", kDiffers, "final_message",
     "The message is printed on the console and in the log when everything has run. Without the "
     "key, nothing is printed."},
    {"fqdn", kSupported, "set_hostname",
     "The host name with its domain, which is set as the host name unless "
     "`prefer_fqdn_over_hostname` is false."},
    {"fs_setup", kDiffers, "disk_setup",
     "ext4, xfs and btrfs are made on the one partition of a disk, if the disk is blank. "
     "`overwrite` counts if `disk_setup` says it, too. `cmd` and `extra_opts` are not used."},
    {"groups", kSupported, "users_groups",
     "Groups are made, with those of their members who exist before `users` are made."},
    {"growpart", kDiffers, "growpart",
     "The root partition grows on the first boot. `mode: off` and other `devices` have no "
     "effect, with a warning: the setting is `GrowRoot=` in azl-provision.conf(5)."},
    {"grub-dpkg", kIgnored, "grub_dpkg", "An older name of `grub_dpkg`."},
    {"grub_dpkg", kIgnored, "grub_dpkg",
     "For Debian and Ubuntu's grub-pc only, which Azure's images configure."},
    {"hostname", kDiffers, "set_hostname",
     "Sets the host name, also without `fqdn`. A name that is not valid is refused."},
    {"keyboard", kIgnored, "keyboard", "Run `localectl set-keymap` in `runcmd`."},
    {"landscape", kIgnored, "landscape", "For Ubuntu only. Run `landscape-config` in `runcmd`."},
    {"launch-index", kIgnored, "base", "Azure gives VMs no launch index, so every part is used."},
    {"locale", kDiffers, "locale",
     "Sets the locale of the system with localectl, if it is installed. `false` changes nothing."},
    {"locale_configfile", kIgnored, "locale", "The locale is written to /etc/locale.conf."},
    {"log_basic", kIgnored, "base", "A setting of cloud-init itself, which has no effect here."},
    {"log_cfgs", kIgnored, "base", "A setting of cloud-init itself, which has no effect here."},
    {"lxd", kIgnored, "lxd", "Install LXD with `packages`, and run `lxd init` in `runcmd`."},
    {"manage_etc_hosts", kDiffers, "update_etc_hosts",
     "`true` writes /etc/hosts on each boot, with the lines of cloud-init's template for Azure "
     "Linux. `localhost` writes one line, for 127.0.1.1."},
    {"manage_resolv_conf", kIgnored, "resolv_conf",
     "Write a drop-in to /etc/systemd/resolved.conf.d with `write_files`."},
    {"manual_cache_clean", kIgnored, "base",
     "A setting of cloud-init itself, which has no effect here."},
    {"mcollective", kIgnored, "mcollective", "Install and configure MCollective in `runcmd`."},
    {"merge_how", kSupported, "base", "How this document changes the earlier ones."},
    {"merge_type", kSupported, "base", "As `merge_how`."},
    {"migrate", kIgnored, "base",
     "For data of old versions of cloud-init, which does not read it any more."},
    {"mount_default_fields", kIgnored, "mounts", "Write the fields into each item of `mounts`."},
    {"mounts", kDiffers, "mounts",
     "A disk that the document sets up is mounted when it is ready. Other mounts are written to "
     "/etc/fstab, each with `nofail`. Directories of the system are refused."},
    {"network", kIgnored, "base",
     "cloud-init does not take the network from user data either. Write .network files with "
     "`write_files`, see network.md."},
    {"no_ssh_fingerprints", kIgnored, "ssh_authkey_fingerprints",
     "Fingerprints of users' keys are not printed on the console."},
    {"ntp", kDiffers, "ntp",
     "Servers, pools, peers and networks are configured for chrony or systemd-timesyncd, and "
     "Azure's own clock stays. Other programs and `config` are ignored, and nothing is installed."},
    {"output", kIgnored, "base",
     "Output is written to the journal and /var/log/azl-provision/custom-data.log. Redirect it in "
     "your own commands."},
    {"package_reboot_if_required", kDiffers, "package_update_upgrade_install",
     "If the packages require a reboot, the VM reboots one minute after everything has run. "
     "cloud-init reboots before the scripts."},
    {"package_update", kSupported, "package_update_upgrade_install",
     "The package lists are updated."},
    {"package_upgrade", kSupported, "package_update_upgrade_install", "All packages are upgraded."},
    {"packages", kDiffers, "package_update_upgrade_install",
     "Packages are installed with dnf5, dnf, tdnf or apt-get, in one transaction. If that fails, "
     "one by one, and the failed ones are listed. Names for snap are skipped."},
    {"password", kSupported, "set_passwords",
     "The password of the user that Azure names is set, unless it is empty or `chpasswd` has "
     "passwords."},
    {"phone_home", kIgnored, "phone_home", "Run `curl` at the end of `runcmd`."},
    {"power_state", kDiffers, "power_state_change",
     "Shuts down or reboots when everything has run and is recorded. `timeout` has no effect."},
    {"prefer_fqdn_over_hostname", kSupported, "set_hostname",
     "If false, `hostname` is set as the host name, and not `fqdn`. The default is true, as on "
     "Azure Linux."},
    {"preserve_hostname", kDiffers, "set_hostname",
     "If true, `hostname` and `fqdn` do not set the host name. It is the one of the VM on Azure, "
     "which is set before custom data is read."},
    {"puppet", kIgnored, "puppet", "Install Puppet with `packages`, and start it in `runcmd`."},
    {"random_seed", kIgnored, "seed_random",
     "The kernel has random numbers of Hyper-V from the start."},
    {"reporting", kIgnored, "base",
     "Azure is told the outcome of provisioning. Run `curl` in `runcmd` to tell others."},
    {"resize_rootfs", kDiffers, "resizefs",
     "The root file system grows on the first boot. `false` has no effect, with a "
     "warning: the setting is `GrowRoot=` in azl-provision.conf(5)."},
    {"resolv_conf", kIgnored, "resolv_conf",
     "Write a drop-in to /etc/systemd/resolved.conf.d with `write_files`."},
    {"rh_subscription", kIgnored, "rh_subscription",
     "For RHEL only. Run `subscription-manager` in `runcmd`."},
    {"rpi", kIgnored, "raspberry_pi", "For the Raspberry Pi only."},
    {"rsyslog", kIgnored, "rsyslog",
     "Write the configuration to /etc/rsyslog.d with `write_files`, and restart rsyslog in "
     "`runcmd`."},
    {"rsyslog_dir", kIgnored, "rsyslog",
     "An older form of `rsyslog`. Write the configuration to /etc/rsyslog.d with `write_files`."},
    {"rsyslog_filename", kIgnored, "rsyslog",
     "An older form of `rsyslog`. Write the configuration to /etc/rsyslog.d with `write_files`."},
    {"runcmd", kSupported, "runcmd", "Runs once, as one shell script."},
    {"salt_minion", kIgnored, "salt_minion",
     "Install the minion with `packages`, configure it with `write_files`, and start it in "
     "`runcmd`."},
    {"snap", kIgnored, "snap",
     "Azure Linux has no snap. Install packages in `runcmd`: `- dnf install -y PACKAGE`."},
    {"spacewalk", kIgnored, "spacewalk", "Run `rhnreg_ks` in `runcmd`."},
    {"ssh", kIgnored, "keys_to_console", "Host keys are not printed on the console."},
    {"ssh_authorized_keys", kDiffers, "ssh",
     "The keys are added to those of the user that Azure names. A key with options, or one that "
     "sshd does not accept, is refused."},
    {"ssh_deletekeys", kIgnored, "ssh",
     "A new VM gets host keys of its own. The setting is `HostKeys=` in azl-provision.conf(5)."},
    {"ssh_fp_console_blacklist", kIgnored, "keys_to_console",
     "Host keys are not printed on the console."},
    {"ssh_genkeytypes", kIgnored, "ssh",
     "The setting is `HostKeyTypes=` in azl-provision.conf(5)."},
    {"ssh_import_id", kIgnored, "ssh_import_id",
     "Fetch the keys in `runcmd`, or give them in `ssh_authorized_keys`."},
    {"ssh_key_console_blacklist", kIgnored, "keys_to_console",
     "Host keys are not printed on the console."},
    {"ssh_keys", kIgnored, "ssh",
     "Host keys are generated on the VM. Write others to /etc/ssh with `write_files`, and restart "
     "sshd in `runcmd`."},
    {"ssh_publish_hostkeys", kIgnored, "ssh",
     "Azure does not take host keys. `az vm run-command` can print them."},
    {"ssh_pwauth", kSupported, "set_passwords", "Turns logins with passwords on or off in sshd."},
    {"ssh_quiet_keygen", kIgnored, "ssh", "The generation of host keys prints nothing."},
    {"swap", kDiffers, "mounts",
     "A swap file is made, of a fixed size or by the size of the memory. One on the resource disk "
     "is made again when the disk comes back blank."},
    {"syslog_fix_perms", kIgnored, "base",
     "A setting of cloud-init itself, which has no effect here."},
    {"system_info", kDiffers, "base",
     "Only `default_user` is used: it changes the user that Azure names."},
    {"timezone", kSupported, "timezone", "Sets the time zone of the system with timedatectl."},
    {"ubuntu_advantage", kIgnored, "ubuntu_pro", "An older name of `ubuntu_pro`."},
    {"ubuntu_pro", kIgnored, "ubuntu_pro", "For Ubuntu only. Run `pro attach` in `runcmd`."},
    {"unverified_modules", kIgnored, "base",
     "A setting of cloud-init itself, which has no effect here."},
    {"updates", kIgnored, "install_hotplug",
     "NICs and disks that are added later are always configured."},
    {"user", kDiffers, "users_groups",
     "Changes the default user, which is the user that Azure names: groups, `gecos`, `shell`, "
     "`sudo`, keys and passwords. The other keys are for new users, and a warning names them."},
    {"users", kDiffers, "users_groups",
     "Users are made and changed. The user that Azure names is always made, also without "
     "`default`. Of users who exist, only keys, `sudo` and passwords are changed. `doas`, "
     "`selinux_user`, `snapuser`, `ssh_import_id` and `ssh_redirect_user` are not carried "
     "out."},
    {"vendor_data", kIgnored, "scripts_vendor", "Azure has no vendor data."},
    {"vendor_data2", kIgnored, "base", "A setting of cloud-init itself, which has no effect here."},
    {"version", kIgnored, "base", "The schema allows it, and it has no effect."},
    {"warnings", kIgnored, "base", "A setting of cloud-init itself, which has no effect here."},
    {"wireguard", kIgnored, "wireguard",
     "Write the configuration to /etc/wireguard with `write_files`, and start `wg-quick@NAME` in "
     "`runcmd`."},
    {"write_files", kDiffers, "write_files",
     "Files are written with all encodings, `append`, `defer`, owner and permissions. `source` is "
     "not fetched. An item with a mistake costs only itself."},
    {"yum_repo_dir", kIgnored, "yum_add_repo", "Repositories are written to /etc/yum.repos.d."},
    {"yum_repos", kDiffers, "yum_add_repo",
     "Repositories are written to /etc/yum.repos.d, unless the system has apt. A file that exists "
     "is kept, and a bad option costs only itself."},
    {"zypper", kIgnored, "zypper_add_repo", "For SUSE only."},
});
static_assert(std::ranges::is_sorted(kKeys, {}, &TopLevelKey::name));

constexpr auto kNames = [] {
  std::array<std::string_view, kKeys.size()> names;
  std::ranges::transform(kKeys, names.begin(), &TopLevelKey::name);
  return names;
}();

}  // namespace

std::string_view to_string(KeyState state) {
  switch (state) {
    case kSupported:
      return "supported";
    case kDiffers:
      return "differs";
    case kIgnored:
      return "ignored";
  }
  std::unreachable();
}

std::span<const TopLevelKey> top_level_keys() { return kKeys; }

const TopLevelKey* find_top_level_key(std::string_view name) {
  const auto* const key = std::ranges::lower_bound(kKeys, name, {}, &TopLevelKey::name);
  return key != kKeys.end() && key->name == name ? key : nullptr;
}

std::string_view find_meant_key(std::string_view name) { return find_closest(name, kNames); }

Remark describe_ignored_key(const TopLevelKey& key) {
  return {.rule = "ignored-key",
          .place = {},
          .text = "the key " + std::string(key.name) + " is ignored",
          .advice = std::string(key.text)};
}

Remark describe_unknown_key(std::string_view name, bool suggest) {
  const auto meant = suggest ? find_meant_key(name) : std::string_view();
  return {
      .rule = "unknown-key",
      .place = {},
      .text = "cloud-config has no key " +
              (is_shown_name(name) ? "\"" + std::string(name) + "\"" : std::string(kUnshownKey)),
      .advice = meant.empty() ? "" : "did you mean " + std::string(meant) + "?"};
}

}  // namespace azl::provision::custom_data
