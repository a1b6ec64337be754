// The values that each key accepts and rejects. files_test.cpp tests files and lines.
#include "provision/config/config.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "provision/config/keys.h"
#include "provision/config/values.h"
#include "tests/unit/provision/config/warnings.h"

using namespace azl::provision;
using namespace std::chrono_literals;
using azl::Duration;
using azl::imds::HealthProtocol;
using azl::net::NetworkOptions;
using azl::test::warnings_of;

namespace {

using Words = std::vector<std::string>;

Config parsed(const std::string& text) { return parse_config({{"a.conf", text}}); }

bool have_same_values(const Config& a, const Config& b) {
  return a.platform == b.platform && a.imds == b.imds && a.network == b.network &&
         a.disk == b.disk && a.user == b.user && a.ssh == b.ssh && a.report == b.report;
}

/// One line in its section.
Config with(const std::string& section, const std::string& line) {
  return parsed("[" + section + "]\n" + line + "\n");
}

}  // namespace

TEST_CASE("without a configuration file every key has the default that the manual page lists") {
  const auto config = parse_config({});
  CHECK(config.platform.imds_url.empty());
  CHECK(config.platform.wireserver_url.empty());
  CHECK(config.platform.media_path.empty());
  CHECK(config.platform.health_protocol == HealthProtocol::kAuto);
  CHECK(config.platform.media_timeout == 60s);
  CHECK(config.imds.timeout == 5min);
  CHECK(config.imds.timeout_with_media == 60s);
  CHECK(config.network.lease_timeout == 5min);
  CHECK_FALSE(config.network.manage_etc_hosts);
  CHECK(config.network.options.manage == NetworkOptions::Manage::kAll);
  CHECK(config.network.options.files == NetworkOptions::Where::kEtc);
  CHECK(config.network.options.secondary_addresses);
  CHECK(config.network.options.policy_routing);
  CHECK(config.network.options.use_dns);
  CHECK(config.network.options.mtu == 0);
  CHECK(config.network.options.match.empty());
  CHECK(config.network.synthetic_drivers.empty());
  CHECK(config.user.groups == Words{"wheel", "adm", "systemd-journal"});
  CHECK(config.user.shell == "/bin/bash");
  CHECK(config.user.sudo == SudoRule::kNoPassword);
  CHECK(config.user.password_hash == PasswordHash::kSha512);
  CHECK(config.user.password_ageing == AgeingPolicy::kAuto);
  CHECK(config.user.lock_root);
  CHECK(config.ssh.replace_host_keys);
  CHECK(config.ssh.host_key_types == Words{"rsa", "ecdsa", "ed25519"});
  CHECK(config.ssh.configure_sshd);
  CHECK_FALSE(config.ssh.require_login);
  CHECK(config.custom_data.early_timeout == 2min);
  CHECK_FALSE(config.custom_data.cloud_init_files);
  CHECK_FALSE(config.custom_data.keep);
  CHECK_FALSE(config.custom_data.keep_in_ovf_env);
  CHECK(config.report.inline_timeout == 15s);
  CHECK(config.report.late_timeout == 20min);
  CHECK(config.report.console);
  CHECK(config.report.kvp_events);
  CHECK(config.report.keep_boots == 10);
  CHECK(config.warnings.empty());
}

TEST_CASE("every key can be set") {
  const auto config = parsed(
      "[Platform]\nImdsUrl=http://127.0.0.1:8080/\nWireServerUrl=http://10.1.2.3\n"
      "MediaPath=/dev/sr1\nMediaTimeout=2min\nHealthProtocol=XML\n"
      "[Imds]\nTimeout=10s\nTimeoutWithMedia=500ms\nOtherVm=use\n"
      "[Network]\nLeaseTimeout=1h\nManageEtcHosts=yes\nManage=Primary\nFiles=run\n"
      "SecondaryAddresses=no\nPolicyRouting=no\nUseDns=no\nMtu=9000\n"
      "Match=Virtualization=microsoft\nMatch=KernelVersion=>=6.6\n"
      "SyntheticDrivers=virtio_net, e1000\n"
      "RxRing=9000\nTxRing=max\nVfRxRing=MAX\nVfTxRing=1\nTxQueueLength=10000\n"
      "ReceivePacketSteering=yes\n"
      "[Disk]\nGrowRoot=no\nResourceDisk=no\nLocalDisks=stripe\nLocalModels=QEMU NVMe Ctrl, X\n"
      "FileSystem=XFS\nLabel=scratch\nMountPoint=/scratch\nLocalMountPoint=/nvme\n"
      "MountOptions=noatime,discard\nMounts=fstab\nDataLossWarning=no\nSwap=partition\n"
      "SwapSize=512M\nUnreadableNtfs=format\n"
      "DataDisk=lun=0 fs=xfs mount=/data\nDataDisk=lun=1\n"
      "[User]\nGroups=wheel, docker\tadm,,x\nShell=/bin/zsh\nSudo=password\n"
      "PasswordHash=yescrypt\nPasswordAgeing=lift\nLockRoot=off\n"
      "[Ssh]\nHostKeys=keep\nHostKeyTypes=ed25519\nConfigureSshd=0\nRequireLogin=yes\n"
      "[CustomData]\nEarlyTimeout=30s\nCloudInitFiles=yes\nKeep=yes\nKeepInOvfEnv=yes\n"
      "[Updates]\nAutomatic=Security\nReboot=when-needed\nSchedule=Sun 03:00\n"
      "[Report]\nInlineTimeout=1\nLateTimeout=1d\nConsole=FALSE\nKvpEvents=no\nKeepBoots=3\n");
  CHECK(config.warnings.empty());
  CHECK(config.platform.imds_url == "http://127.0.0.1:8080");
  CHECK(config.platform.wireserver_url == "http://10.1.2.3");
  CHECK(config.platform.media_path == "/dev/sr1");
  CHECK(config.platform.media_timeout == 2min);
  CHECK(config.platform.health_protocol == HealthProtocol::kXml);
  CHECK(config.imds.timeout == 10s);
  CHECK(config.imds.timeout_with_media == 500ms);
  CHECK(config.imds.use_other_vm);
  CHECK(config.network.lease_timeout == 1h);
  CHECK(config.network.manage_etc_hosts);
  CHECK(config.network.options.manage == NetworkOptions::Manage::kPrimary);
  CHECK(config.network.options.files == NetworkOptions::Where::kRun);
  CHECK_FALSE(config.network.options.secondary_addresses);
  CHECK_FALSE(config.network.options.policy_routing);
  CHECK_FALSE(config.network.options.use_dns);
  CHECK(config.network.options.mtu == 9000);
  CHECK(config.network.options.match == Words{"Virtualization=microsoft", "KernelVersion=>=6.6"});
  CHECK(config.network.synthetic_drivers == Words{"virtio_net", "e1000"});
  CHECK(config.network.tuning.synthetic.receive == 9000);
  CHECK(config.network.tuning.synthetic.transmit == azl::net::kLargestRing);
  CHECK(config.network.tuning.hardware.receive == azl::net::kLargestRing);
  CHECK(config.network.tuning.hardware.transmit == 1);
  CHECK(config.network.tuning.transmit_queue == 10000);
  CHECK(config.network.tuning.packet_steering);
  using azl::disk::DiskOptions;
  CHECK_FALSE(config.disk.grow);
  CHECK_FALSE(config.disk.resource_disk);
  CHECK(config.disk.local_disks == DiskOptions::Local::kStripe);
  CHECK(config.disk.local_models == Words{"QEMU NVMe Ctrl", "X"});
  CHECK(config.disk.file_system == "xfs");
  CHECK(config.disk.label == "scratch");
  CHECK(config.disk.mount_point == "/scratch");
  CHECK(config.disk.local_mount_point == "/nvme");
  CHECK(config.disk.mount_options == "noatime,discard");
  CHECK(config.disk.mounts == DiskOptions::Mounts::kFstab);
  CHECK_FALSE(config.disk.warning_file);
  CHECK(config.disk.swap == DiskOptions::Swap::kPartition);
  CHECK(config.disk.swap_size == 512ULL << 20U);
  CHECK(config.disk.trust_label);
  REQUIRE(config.disk.data.size() == 2);
  CHECK(config.disk.data[0].mount_point == "/data");
  CHECK(config.disk.data[1].lun == 1);
  CHECK(config.user.groups == Words{"wheel", "docker", "adm", "x"});
  CHECK(config.user.shell == "/bin/zsh");
  CHECK(config.user.sudo == SudoRule::kPassword);
  CHECK(config.user.password_hash == PasswordHash::kYescrypt);
  CHECK(config.user.password_ageing == AgeingPolicy::kLift);
  CHECK_FALSE(config.user.lock_root);
  CHECK_FALSE(config.ssh.replace_host_keys);
  CHECK(config.ssh.host_key_types == Words{"ed25519"});
  CHECK_FALSE(config.ssh.configure_sshd);
  CHECK(config.ssh.require_login);
  CHECK(config.custom_data.early_timeout == 30s);
  CHECK(config.custom_data.cloud_init_files);
  CHECK(config.custom_data.keep);
  CHECK(config.custom_data.keep_in_ovf_env);
  CHECK(config.updates.automatic == AutomaticUpdates::kSecurity);
  CHECK(config.updates.reboot == UpdateReboot::kWhenNeeded);
  CHECK(config.updates.schedule == "Sun 03:00");
  CHECK(config.report.inline_timeout == 1s);
  CHECK(config.report.late_timeout == 24h);
  CHECK_FALSE(config.report.console);
  CHECK_FALSE(config.report.kvp_events);
  CHECK(config.report.keep_boots == 3);
}

TEST_CASE("an invalid value gives a warning with file and line, and the default stays") {
  struct Row {
    std::string section;
    std::string line;
    std::string warning;
  };
  const std::vector<Row> rows = {
      {"Updates", "Automatic=yes", "is not one of no, security, all"},
      {"Updates", "Reboot=yes", "is not one of never, when-needed"},
      {"Platform", "ImdsUrl=https://169.254.169.254", "is not an http:// address"},
      {"Platform", "ImdsUrl=http://", "is not an http:// address"},
      {"Platform", "ImdsUrl=169.254.169.254", "is not an http:// address"},
      {"Platform", "WireServerUrl=ftp://x", "is not an http:// address"},
      {"Platform", "MediaPath=dev/sr0", "is not an absolute path"},
      {"Platform", "MediaTimeout=soon", "is not a time span such as 90s or 5min"},
      {"Platform", "HealthProtocol=soap", "is not one of auto, json, xml"},
      {"Imds", "Timeout=-5s", "is not a time span such as 90s or 5min"},
      {"Imds", "TimeoutWithMedia=", "is not a time span such as 90s or 5min"},
      {"Imds", "OtherVm=ignore", "is not one of refuse, use"},
      {"Network", "LeaseTimeout=forever", "is not a time span such as 90s or 5min"},
      {"Network", "ManageEtcHosts=maybe", "is not a boolean"},
      {"Network", "Manage=some", "is not one of all, primary, none"},
      {"Network", "Files=usr", "is not one of etc, run"},
      {"Network", "SecondaryAddresses=2", "is not a boolean"},
      {"Network", "PolicyRouting=", "is not a boolean"},
      {"Network", "UseDns=resolved", "is not a boolean"},
      {"Network", "Mtu=67", "is not a number from 68 to 65535"},
      {"Network", "Mtu=65536", "is not a number from 68 to 65535"},
      {"Network", "Mtu=-1400", "is not a number from 68 to 65535"},
      {"Network", "Mtu=1400k", "is not a number from 68 to 65535"},
      {"Network", "Match=microsoft", "is not a line for [Match] such as Virtualization=microsoft"},
      {"Network", "Match==x", "is not a line for [Match] such as Virtualization=microsoft"},
      {"Network",
       "Match=Virtualization=", "is not a line for [Match] such as Virtualization=microsoft"},
      {"Network", "Match=[Route]\\x0aX=y",
       "is not a line for [Match] such as Virtualization=microsoft"},
      {"Network", "Match=Name=eth0",
       "names what the files match by already, or must not: a link's name may change"},
      {"Network", "SyntheticDrivers=virtio_net /x", "has '/x', which is not a driver's name"},
      {"Network", "RxRing=0", "is neither max nor a number from 1 to 99999"},
      {"Network", "TxRing=all", "is neither max nor a number from 1 to 99999"},
      {"Network", "VfRxRing=-1", "is neither max nor a number from 1 to 99999"},
      {"Network", "VfTxRing=100000", "is neither max nor a number from 1 to 99999"},
      {"Network", "TxQueueLength=0", "is not a number from 1 to 99999"},
      {"Network", "ReceivePacketSteering=3", "is not a boolean"},
      {"Disk", "GrowRoot=some", "is not a boolean"},
      {"Disk", "LocalDisks=all", "is not one of none, first, each, stripe"},
      {"Disk", "FileSystem=btrfs", "is not one of ext4, xfs"},
      {"Disk", "Label=a b", "is not a label of 1 to 12 letters, digits, '.', '-', '_'"},
      {"Disk", "Label=", "is not a label of 1 to 12 letters, digits, '.', '-', '_'"},
      {"Disk", "MountPoint=mnt",
       "is not an absolute path such as /mnt, or is a directory of the system's own"},
      {"Disk", "LocalMountPoint=/a/../b",
       "is not an absolute path such as /mnt, or is a directory of the system's own"},
      {"Disk", "MountOptions=a b", "is not a list of mount options such as noatime,discard"},
      {"Disk", "Mounts=both", "is not one of unit, fstab"},
      {"Disk", "Swap=yes", "is not one of no, file, partition"},
      {"Disk", "SwapSize=1K", "is not a size from 1M to 16T such as 2G"},
      {"Disk", "UnreadableNtfs=yes", "is not one of format, leave"},
      {"Disk", "DataDisk=fs=xfs", "has no lun=NUMBER"},
      {"Disk", "DataDisk=lun=0 fs=zfs",
       "has 'fs=zfs', which is not one of lun=NUMBER, fs=ext4|xfs|btrfs, label=NAME, mount=PATH, "
       "options=LIST, overwrite=yes|no"},
      {"User", "Shell=bash", "is not an absolute path"},
      {"User", "Shell=", "is not an absolute path"},
      {"User", "Sudo=yes", "is not one of nopasswd, password, no"},
      {"User", "PasswordHash=md5", "is not one of sha512, yescrypt"},
      {"User", "PasswordAgeing=no", "is not one of auto, lift, keep"},
      {"User", "LockRoot=", "is not a boolean"},
      {"Ssh", "HostKeys=none", "is not one of replace, keep"},
      {"Ssh", "HostKeyTypes=rsa dsa", "has 'dsa', which is not one of rsa, ecdsa, ed25519"},
      {"Ssh", "HostKeyTypes=", "is empty; to keep the image's keys set HostKeys=keep"},
      {"Ssh", "ConfigureSshd=2", "is not a boolean"},
      {"Ssh", "RequireLogin=maybe", "is not a boolean"},
      {"Report", "InlineTimeout=15 parsecs", "is not a time span such as 90s or 5min"},
      {"Report", "LateTimeout=2y", "is not a time span such as 90s or 5min"},
      {"Report", "Console=tty0", "is not a boolean"},
      {"Report", "KvpEvents=some", "is not a boolean"},
      {"Report", "KeepBoots=0", "is not a number from 1 to 9999"},
      {"Report", "KeepBoots=10000", "is not a number from 1 to 9999"},
      {"Report", "KeepBoots=-1", "is not a number from 1 to 9999"},
      {"Report", "KeepBoots=3x", "is not a number from 1 to 9999"},
  };
  const auto defaults = parse_config({});
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const auto config = with(row.section, row.line);
    REQUIRE(config.warnings.size() == 1);
    CHECK(config.warnings[0].text ==
          "a.conf:2: " + row.line + " " + row.warning + "; the line is ignored");
    CHECK(config.settings.empty());
    CHECK(have_same_values(config, defaults));
  }
}

TEST_CASE("an empty value resets a key to its default if that default is empty") {
  const auto config = parsed(
      "[Platform]\nImdsUrl=http://a\nWireServerUrl=http://b\nMediaPath=/c\n"
      "ImdsUrl=\nWireServerUrl=\nMediaPath=\n[User]\nGroups=\n"
      "[Network]\nMtu=1400\nMatch=Host=a\nSyntheticDrivers=virtio_net\n"
      "RxRing=1\nVfTxRing=max\nTxQueueLength=5\n"
      "Mtu=\nMatch=\nSyntheticDrivers=\nRxRing=\nVfTxRing=\nTxQueueLength=\n");
  CHECK(config.warnings.empty());
  CHECK(config.network.options.mtu == 0);
  CHECK(config.network.options.match.empty());
  CHECK(config.network.synthetic_drivers.empty());
  CHECK_FALSE(config.network.tuning.any());
  CHECK(config.platform.imds_url.empty());
  CHECK(config.platform.wireserver_url.empty());
  CHECK(config.platform.media_path.empty());
  CHECK(config.user.groups.empty());
}

TEST_CASE("a tree's configuration names no source and no receiver outside the tree") {
  const std::vector<ConfigFile> files = {
      {"/etc/x.conf",
       "[Platform]\nImdsUrl=http://a\nWireServerUrl=http://b\nMediaPath=/dev/loop0\n"
       "MediaTimeout=2min\n[User]\nShell=/bin/sh\n"}};
  const auto tree = parse_config(files, ConfigOf::kTree);
  CHECK(tree.platform.imds_url.empty());
  CHECK(tree.platform.wireserver_url.empty());
  CHECK(tree.platform.media_path.empty());
  CHECK(tree.platform.media_timeout == 2min);
  CHECK(tree.user.shell == "/bin/sh");
  CHECK(warnings_of(tree) ==
        Words{"/etc/x.conf:2: [Platform] ImdsUrl= is ignored in a root tree; name it on the "
              "command line",
              "/etc/x.conf:3: [Platform] WireServerUrl= is ignored in a root tree; name it on the "
              "command line",
              "/etc/x.conf:4: [Platform] MediaPath= is ignored in a root tree; name it on the "
              "command line"});
  CHECK(parse_config(files).platform.media_path == "/dev/loop0");
}

TEST_CASE("a boolean has the spellings that systemd accepts") {
  for (const std::string yes : {"1", "yes", "Y", "true", "T", "ON"})
    CHECK_MESSAGE(with("Network", "ManageEtcHosts=" + yes).network.manage_etc_hosts, yes);
  for (const std::string no : {"0", "no", "N", "false", "F", "Off"})
    CHECK_MESSAGE(!with("User", "LockRoot=" + no).user.lock_root, no);
}

TEST_CASE("a time span has the spellings that systemd accepts, and is at most a year") {
  struct Row {
    std::string text;
    std::optional<Duration> span;
  };
  const std::vector<Row> rows = {
      {"90", 90s},
      {"0", 0s},
      {" 90 ", 90s},
      {"90s", 90s},
      {"90 s", 90s},
      {"90sec", 90s},
      {"1 second", 1s},
      {"2seconds", 2s},
      {"5min", 5min},
      {"5m", 5min},
      {"1minute", 1min},
      {"3 minutes", 3min},
      {"5min 20s", 5min + 20s},
      {"5min20s", 5min + 20s},
      {"5\tmin\t20s", 5min + 20s},
      {"1h 30", 1h + 30s},
      {"2hr", 2h},
      {"2hours", 2h},
      {"1d", 24h},
      {"1day 2hours", 26h},
      {"250ms", 250ms},
      {"1s 250msec", 1250ms},
      {"7us", 7us},
      {"7usec", 7us},
      {"365d", Duration(24h * 365)},
      {"365d 6h", Duration(24h * 365 + 6h)},
      {"365d 6h 1us", {}},
      {"366d", {}},
      {"1w", 168h},
      {"2weeks 1d", 360h},
      {"1.5s", 1500ms},
      {"0.5min", 30s},
      {"1month", Duration(2'629'800s)},
      {"1y", Duration(31'557'600s)},
      {"infinity", Duration(31'557'600s)},  // the longest time span accepted here
      {"", {}},
      {"   ", {}},
      {"s", {}},
      {"-1", {}},
      {"1.5.5s", {}},
      {".5s", {}},
      {"1e3", {}},
      {"5 mn", {}},
      {"5M", Duration(13'149'000s)},  // systemd's month
      {"5min,", {}},
      {"0x10", {}},
      {"inf", {}},
      {"999999999999", {}},
      {"9999999999999", {}},
      {"99999999999999999999999999", {}},
      {"1s\n", 1s},
      {std::string("1\0s", 3), {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_time_span(row.text) == row.span);
  }
}

TEST_CASE("each key stands in the table once, and those of a section stand together") {
  std::set<std::pair<std::string_view, std::string_view>> keys;
  for (const auto& key : config_keys()) CHECK(keys.emplace(key.section, key.name).second);
  const auto sections = config_sections();
  CHECK(std::set<std::string_view>(sections.begin(), sections.end()).size() == sections.size());
  CHECK(find_config_key("Report", "KeepBoots") != nullptr);
  CHECK(find_config_key("Platform", "KeepBoots") == nullptr);
}

TEST_CASE("each key has the default that the table gives, and a value that is not refused") {
  for (const auto& key : config_keys()) {
    CAPTURE(key.name);
    Config config;
    CHECK(key.set(config, key.default_value) == "");
    CHECK(have_same_values(config, Config()));
  }
}
