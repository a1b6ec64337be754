// azl-provision.conf: what an image builder or an administrator may set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/root.h"
#include "disk/plan/disk_plan.h"
#include "imds/timeouts.h"
#include "imds/wireserver.h"
#include "net/link.h"
#include "net/network_file.h"
#include "net/tuning.h"
#include "provision/accounts/ageing.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sudoers.h"
#include "provision/config/files.h"
#include "provision/config/updates.h"

namespace azl::provision {

/// [Platform]
struct PlatformConfig {
  std::string imds_url;        ///< empty: the platform's own, http://169.254.169.254
  std::string wireserver_url;  ///< empty: DHCP option 245, else 168.63.129.16
  std::string media_path;      ///< empty: look for the provisioning DVD
  imds::HealthProtocol health_protocol = imds::HealthProtocol::kAuto;
  /// How long to wait for media that IMDS announces with hasCustomData=true.
  Duration media_timeout = std::chrono::seconds(60);

  bool operator==(const PlatformConfig&) const = default;
};

/// [Imds]
struct ImdsConfig {
  Duration timeout = imds::kImdsTimeout;
  Duration timeout_with_media = imds::kImdsTimeoutWithMedia;
  bool use_other_vm = false;  ///< use an IMDS that speaks for another VM
  bool attested = false;      ///< check which VM Azure attests that this is
  std::string attested_intermediates = "/etc/azl-provision/intermediates";  ///< a directory

  bool operator==(const ImdsConfig&) const = default;
};

/// [Network]
struct NetworkConfig {
  Duration lease_timeout = std::chrono::minutes(5);
  bool manage_etc_hosts = false;
  net::NetworkOptions options = {};
  net::SyntheticDrivers synthetic_drivers = {};  ///< drivers of synthetic NICs beside hv_netvsc
  net::TuningOptions tuning = {};

  bool operator==(const NetworkConfig&) const = default;
};

/// [User]
struct UserConfig {
  std::vector<std::string> groups{"wheel", "adm", "systemd-journal"};
  std::string shell = "/bin/bash";
  SudoRule sudo = SudoRule::kNoPassword;
  PasswordHash password_hash = PasswordHash::kSha512;
  AgeingPolicy password_ageing = AgeingPolicy::kAuto;
  bool lock_root = true;

  bool operator==(const UserConfig&) const = default;
};

/// [Ssh]
struct SshConfig {
  bool replace_host_keys = true;
  std::vector<std::string> host_key_types{"rsa", "ecdsa", "ed25519"};
  bool configure_sshd = true;
  bool require_login = false;

  bool operator==(const SshConfig&) const = default;
};

/// [CustomData]
struct CustomDataConfig {
  /// How long a login waits for what custom data does before it.
  Duration early_timeout = std::chrono::minutes(2);
  /// The stages write the files by which other programs see whether cloud-init has ended.
  bool cloud_init_files = false;
  /// Custom data and its scripts stay on the disk, where cloud-init has them.
  bool keep = false;
  /// Custom data stays in WALinuxAgent's copy of ovf-env.xml.
  bool keep_in_ovf_env = false;

  bool operator==(const CustomDataConfig&) const = default;
};

/// [Updates]
struct UpdatesConfig {
  AutomaticUpdates automatic = AutomaticUpdates::kNo;
  UpdateReboot reboot = UpdateReboot::kNever;
  std::string schedule;  ///< a calendar event as in systemd.time(7); empty: the distribution's

  bool operator==(const UpdatesConfig&) const = default;
};

/// [Report]
struct ReportConfig {
  Duration inline_timeout = imds::kInlineReportTimeout;
  Duration late_timeout = imds::kLateReportTimeout;
  bool console = true;
  bool kvp_events = true;
  int keep_boots = 10;
  LogLevel log_level = LogLevel::kOff;  ///< of the log for debugging
  std::string otlp_endpoint;            ///< URL that each boot's trace is posted to; empty: none

  bool operator==(const ReportConfig&) const = default;
};

/// A line that is in effect or was overridden.
struct Setting {
  std::string section;
  std::string key;
  std::string value;
  std::string file;
  int line = 0;
};

/// A line that could not be used.
struct ConfigWarning {
  std::string text;  ///< "FILE:LINE: unknown key …", one sentence
  /// Whether the line may have been about [User] or [Ssh]. Then the VM may be less closed than its
  /// owner wanted: `Sudoo=no` leaves sudo without a password.
  bool about_login = false;
};

/// The configuration with its defaults, a member for each section. azl-provision.conf(5) describes
/// the keys.
struct Config {
  PlatformConfig platform;
  ImdsConfig imds;
  NetworkConfig network;
  disk::DiskOptions disk;
  UserConfig user;
  SshConfig ssh;
  CustomDataConfig custom_data;
  UpdatesConfig updates;
  ReportConfig report;

  std::vector<Setting> settings;        ///< the lines that were used, in the order of reading
  std::vector<ConfigWarning> warnings;  ///< the lines that were not
  std::vector<Error> unread;            ///< files that exist and cannot be read
};

/// Whose configuration it is. That of a tree is somebody else's: it names no source and no receiver
/// outside the tree.
enum class ConfigOf { kMachine, kTree };

/// Parses the files on top of the defaults. A bad line, key or value becomes a warning and
/// changes nothing; so does a key of a tree that names a source. Pure.
[[nodiscard]] Config parse_config(const std::vector<ConfigFile>& files,
                                  ConfigOf whose = ConfigOf::kMachine);
/// Reads the files that count below `root`, and parses them.
[[nodiscard]] Config load_config(const Root& root);

}  // namespace azl::provision
