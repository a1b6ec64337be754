#include "provision/config/keys.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "disk/disk_words.h"
#include "provision/config/values.h"

namespace azl::provision {
namespace {

/// What ConfigKey::set returns.
using Refusal = std::string;

/// The part of the configuration that has the member.
template <class T>
PlatformConfig& part_with(Config& config, T PlatformConfig::* /*member*/) {
  return config.platform;
}
template <class T>
ImdsConfig& part_with(Config& config, T ImdsConfig::* /*member*/) {
  return config.imds;
}
template <class T>
NetworkConfig& part_with(Config& config, T NetworkConfig::* /*member*/) {
  return config.network;
}
template <class T>
net::NetworkOptions& part_with(Config& config, T net::NetworkOptions::* /*member*/) {
  return config.network.options;
}
template <class T>
net::TuningOptions& part_with(Config& config, T net::TuningOptions::* /*member*/) {
  return config.network.tuning;
}
template <class T>
disk::DiskOptions& part_with(Config& config, T disk::DiskOptions::* /*member*/) {
  return config.disk;
}
template <class T>
UserConfig& part_with(Config& config, T UserConfig::* /*member*/) {
  return config.user;
}
template <class T>
SshConfig& part_with(Config& config, T SshConfig::* /*member*/) {
  return config.ssh;
}
template <class T>
CustomDataConfig& part_with(Config& config, T CustomDataConfig::* /*member*/) {
  return config.custom_data;
}
template <class T>
UpdatesConfig& part_with(Config& config, T UpdatesConfig::* /*member*/) {
  return config.updates;
}
template <class T>
ReportConfig& part_with(Config& config, T ReportConfig::* /*member*/) {
  return config.report;
}

/// The member of the configuration that a key sets.
template <auto Member>
auto& member(Config& config) {
  return part_with(config, Member).*Member;
}

template <auto Member>
Refusal set_url(Config& config, std::string_view value) {
  // Link-local services speak plain HTTP only, so another scheme is a typing error. An empty value
  // is the default, so that a drop-in can undo what another file sets.
  if (!value.empty() && !imds::split_url(value)) return "is not an http:// address";
  while (value.ends_with('/')) value.remove_suffix(1);
  member<Member>(config) = value;
  return {};
}

/// A URL of anywhere, or nothing.
template <auto Member>
Refusal set_web_url(Config& config, std::string_view value) {
  if (!value.empty() && !imds::split_web_url(value)) return "is not an http:// or https:// address";
  member<Member>(config) = value;
  return {};
}

template <auto Member>
Refusal set_path(Config& config, std::string_view value) {
  if (!value.starts_with('/')) return "is not an absolute path";
  member<Member>(config) = value;
  return {};
}

/// A path that may be empty.
template <auto Member>
Refusal set_path_or_none(Config& config, std::string_view value) {
  if (!value.empty()) return set_path<Member>(config, value);
  member<Member>(config).clear();
  return {};
}

template <auto Member>
Refusal set_boolean(Config& config, std::string_view value) {
  const auto parsed = parse_boolean(value);
  if (!parsed) return "is not a boolean";
  member<Member>(config) = *parsed;
  return {};
}

template <auto Member>
Refusal set_time(Config& config, std::string_view value) {
  const auto parsed = parse_time_span(value);
  if (!parsed) return "is not a time span such as 90s or 5min";
  member<Member>(config) = *parsed;
  return {};
}

/// Words separated by white space or commas. An empty value empties the list.
template <auto Member>
Refusal set_list(Config& config, std::string_view value) {
  std::string spaced(value);
  std::ranges::replace_if(spaced, [](char c) { return c == ',' || c == '\t'; }, ' ');
  member<Member>(config).clear();
  for (const auto word : split(spaced, ' ')) member<Member>(config).emplace_back(word);
  return {};
}

template <class T>
struct Choice {
  std::string_view word;
  T value;
};

template <auto Member, auto& Choices>
Refusal set_choice(Config& config, std::string_view value) {
  std::string words;
  for (const auto& choice : Choices) {
    if (choice.word == lower(value)) {
      member<Member>(config) = choice.value;
      return {};
    }
    words += (words.empty() ? "" : ", ") + std::string(choice.word);
  }
  return "is not one of " + words;
}

constexpr std::array<Choice<imds::HealthProtocol>, 3> kProtocols = {
    {{"auto", imds::HealthProtocol::kAuto},
     {"json", imds::HealthProtocol::kJson},
     {"xml", imds::HealthProtocol::kXml}}};
constexpr std::array<Choice<SudoRule>, 3> kSudoRules = {{{"nopasswd", SudoRule::kNoPassword},
                                                         {"password", SudoRule::kPassword},
                                                         {"no", SudoRule::kNone}}};
constexpr std::array<Choice<PasswordHash>, 2> kHashes = {
    {{"sha512", PasswordHash::kSha512}, {"yescrypt", PasswordHash::kYescrypt}}};
constexpr std::array<Choice<AgeingPolicy>, 3> kAgeing = {
    {{"auto", AgeingPolicy::kAuto}, {"lift", AgeingPolicy::kLift}, {"keep", AgeingPolicy::kKeep}}};
using net::NetworkOptions;
using net::RingSizes;
using net::TuningOptions;
constexpr std::array<Choice<NetworkOptions::Manage>, 3> kManage = {
    {{"all", NetworkOptions::Manage::kAll},
     {"primary", NetworkOptions::Manage::kPrimary},
     {"none", NetworkOptions::Manage::kNone}}};
constexpr std::array<Choice<NetworkOptions::Where>, 2> kNetworkFiles = {
    {{"etc", NetworkOptions::Where::kEtc}, {"run", NetworkOptions::Where::kRun}}};
using disk::DiskOptions;
constexpr std::array<Choice<DiskOptions::Local>, 4> kLocalDisks = {
    {{"none", DiskOptions::Local::kNone},
     {"first", DiskOptions::Local::kFirst},
     {"each", DiskOptions::Local::kEach},
     {"stripe", DiskOptions::Local::kStripe}}};
constexpr std::array<Choice<DiskOptions::Mounts>, 2> kMounts = {
    {{"unit", DiskOptions::Mounts::kUnit}, {"fstab", DiskOptions::Mounts::kFstab}}};
constexpr std::array<Choice<DiskOptions::Swap>, 3> kSwap = {
    {{"no", DiskOptions::Swap::kNone},
     {"file", DiskOptions::Swap::kFile},
     {"partition", DiskOptions::Swap::kPartition}}};
constexpr std::array<Choice<AutomaticUpdates>, 3> kAutomaticUpdates = {
    {{"no", AutomaticUpdates::kNo},
     {"security", AutomaticUpdates::kSecurity},
     {"all", AutomaticUpdates::kAll}}};
constexpr std::array<Choice<UpdateReboot>, 2> kUpdateReboots = {
    {{"never", UpdateReboot::kNever}, {"when-needed", UpdateReboot::kWhenNeeded}}};
constexpr std::array<Choice<LogLevel>, 6> kLogLevels = {{{"off", LogLevel::kOff},
                                                         {"error", LogLevel::kError},
                                                         {"warning", LogLevel::kWarning},
                                                         {"info", LogLevel::kInfo},
                                                         {"debug", LogLevel::kDebug},
                                                         {"trace", LogLevel::kTrace}}};
constexpr std::array<Choice<bool>, 2> kFormatOrLeave = {{{"format", true}, {"leave", false}}};
constexpr std::array<Choice<bool>, 2> kUseOrRefuse = {{{"refuse", false}, {"use", true}}};
constexpr std::array<Choice<bool>, 2> kReplaceOrKeep = {{{"replace", true}, {"keep", false}}};

Refusal set_key_types(Config& config, std::string_view value) {
  Config trial;
  set_list<&SshConfig::host_key_types>(trial, value);
  for (const auto& type : trial.ssh.host_key_types) {
    if (!is_host_key_type(type))
      return "has '" + printable(type) + "', which is not one of rsa, ecdsa, ed25519";
  }
  if (trial.ssh.host_key_types.empty())
    return "is empty; to keep the image's keys set HostKeys=keep";
  config.ssh.host_key_types = std::move(trial.ssh.host_key_types);
  return {};
}

Refusal set_keep_boots(Config& config, std::string_view value) {
  const int number = small_number(value);
  if (number < 1 || number > 9999) return "is not a number from 1 to 9999";
  config.report.keep_boots = number;
  return {};
}

/// systemd judges the expression when the step updates uses it.
Refusal set_schedule(Config& config, std::string_view value) {
  config.updates.schedule = value;
  return {};
}

Refusal set_mtu(Config& config, std::string_view value) {
  const int number = value.empty() ? 0 : small_number(value);
  if (!value.empty() && (number < 68 || number > 65535)) return "is not a number from 68 to 65535";
  config.network.options.mtu = number;
  return {};
}

/// The size of one ring. An empty value undoes what another file sets.
template <auto Kind, auto Direction>
Refusal set_ring(Config& config, std::string_view value) {
  auto& size = (config.network.tuning.*Kind).*Direction;
  if (value.empty()) {
    size = 0;
  } else if (lower(value) == "max") {
    size = net::kLargestRing;
  } else if (const int number = small_number(value); number >= 1) {
    size = number;
  } else {
    return "is neither max nor a number from 1 to 99999";
  }
  return {};
}

Refusal set_transmit_queue(Config& config, std::string_view value) {
  const int number = value.empty() ? 0 : small_number(value);
  if (!value.empty() && number < 1) return "is not a number from 1 to 99999";
  config.network.tuning.transmit_queue = number;
  return {};
}

template <auto Member>
Refusal set_mount_point(Config& config, std::string_view value) {
  if (!disk::is_mount_point(value))
    return "is not an absolute path such as /mnt, or is a directory of the system's own";
  member<Member>(config) = value;
  return {};
}

Refusal set_disk_label(Config& config, std::string_view value) {
  if (value.empty() || !disk::is_label(value))
    return "is not a label of 1 to 12 letters, digits, '.', '-', '_'";
  config.disk.label = value;
  return {};
}

Refusal set_mount_options(Config& config, std::string_view value) {
  if (!disk::are_mount_options(value))
    return "is not a list of mount options such as noatime,discard";
  config.disk.mount_options = value;
  return {};
}

Refusal set_file_system(Config& config, std::string_view value) {
  const auto type = lower(value);
  if (type != "ext4" && type != "xfs") return "is not one of ext4, xfs";
  config.disk.file_system = type;
  return {};
}

Refusal set_swap_size(Config& config, std::string_view value) {
  constexpr std::uint64_t kLeast = 1ULL << 20U;
  const auto size = parse_size(value);
  if (!size || *size < kLeast) return "is not a size from 1M to 16T such as 2G";
  config.disk.swap_size = *size;
  return {};
}

/// NVMe models, separated by commas, because their names contain spaces.
Refusal set_local_models(Config& config, std::string_view value) {
  config.disk.local_models.clear();
  for (const auto model : split(value, ',')) {
    if (!trim(model).empty()) config.disk.local_models.emplace_back(trim(model));
  }
  return {};
}

/// Adds a data disk. An empty value removes those added before.
Refusal add_data_disk(Config& config, std::string_view value) {
  auto& disks = config.disk.data;
  if (value.empty()) {
    disks.clear();
    return {};
  }
  disk::DataDisk data;
  if (auto refusal = parse_data_disk(value, data); !refusal.empty()) return refusal;
  if (std::ranges::find(disks, data.lun, &disk::DataDisk::lun) != disks.end())
    return "names a LUN that another line has";
  disks.push_back(std::move(data));
  return {};
}

Refusal set_synthetic_drivers(Config& config, std::string_view value) {
  Config trial;
  set_list<&NetworkConfig::synthetic_drivers>(trial, value);
  for (const auto& driver : trial.network.synthetic_drivers) {
    if (!net::is_driver_name(driver))
      return "has '" + printable(driver) + "', which is not a driver's name";
  }
  config.network.synthetic_drivers = std::move(trial.network.synthetic_drivers);
  return {};
}

/// Adds a line to [Match]. An empty value removes those added before.
Refusal add_match(Config& config, std::string_view value) {
  constexpr std::size_t kMost = 16;
  auto& lines = config.network.options.match;
  if (value.empty()) {
    lines.clear();
    return {};
  }
  const auto key = value.substr(0, value.find('='));
  const bool plain =
      std::ranges::all_of(key, [](unsigned char c) { return std::isalpha(c) != 0; }) &&
      std::ranges::none_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (!plain || key.empty() || key.size() + 1 >= value.size())
    return "is not a line for [Match] such as Virtualization=microsoft";
  if (key == "Name" || key == "MACAddress" || key == "Driver")
    return "names what the files match by already, or must not: a link's name may change";
  if (lines.size() == kMost) return "is one line too many";
  lines.emplace_back(value);
  return {};
}

constexpr std::array kKeys = {
    ConfigKey{"Platform", "ImdsUrl", set_url<&PlatformConfig::imds_url>},
    ConfigKey{"Platform", "WireServerUrl", set_url<&PlatformConfig::wireserver_url>},
    ConfigKey{"Platform", "MediaPath", set_path_or_none<&PlatformConfig::media_path>},
    ConfigKey{"Platform", "MediaTimeout", set_time<&PlatformConfig::media_timeout>, "60s"},
    ConfigKey{"Platform", "HealthProtocol",
              set_choice<&PlatformConfig::health_protocol, kProtocols>, "auto"},
    ConfigKey{"Imds", "Timeout", set_time<&ImdsConfig::timeout>, "5min"},
    ConfigKey{"Imds", "TimeoutWithMedia", set_time<&ImdsConfig::timeout_with_media>, "60s"},
    ConfigKey{"Imds", "OtherVm", set_choice<&ImdsConfig::use_other_vm, kUseOrRefuse>, "refuse"},
    ConfigKey{"Imds", "Attested", set_boolean<&ImdsConfig::attested>, "no"},
    ConfigKey{"Imds", "AttestedIntermediates", set_path<&ImdsConfig::attested_intermediates>,
              "/etc/azl-provision/intermediates"},
    ConfigKey{"Network", "LeaseTimeout", set_time<&NetworkConfig::lease_timeout>, "5min"},
    ConfigKey{"Network", "ManageEtcHosts", set_boolean<&NetworkConfig::manage_etc_hosts>, "no"},
    ConfigKey{"Network", "Manage", set_choice<&NetworkOptions::manage, kManage>, "all"},
    ConfigKey{"Network", "Files", set_choice<&NetworkOptions::files, kNetworkFiles>, "etc"},
    ConfigKey{"Network", "SecondaryAddresses", set_boolean<&NetworkOptions::secondary_addresses>,
              "yes"},
    ConfigKey{"Network", "PolicyRouting", set_boolean<&NetworkOptions::policy_routing>, "yes"},
    ConfigKey{"Network", "UseDns", set_boolean<&NetworkOptions::use_dns>, "yes"},
    ConfigKey{"Network", "Mtu", set_mtu},
    ConfigKey{"Network", "Match", add_match, "", true},
    ConfigKey{"Network", "SyntheticDrivers", set_synthetic_drivers},
    ConfigKey{"Network", "RxRing", set_ring<&TuningOptions::synthetic, &RingSizes::receive>},
    ConfigKey{"Network", "TxRing", set_ring<&TuningOptions::synthetic, &RingSizes::transmit>},
    ConfigKey{"Network", "VfRxRing", set_ring<&TuningOptions::hardware, &RingSizes::receive>},
    ConfigKey{"Network", "VfTxRing", set_ring<&TuningOptions::hardware, &RingSizes::transmit>},
    ConfigKey{"Network", "TxQueueLength", set_transmit_queue},
    ConfigKey{"Network", "ReceivePacketSteering", set_boolean<&TuningOptions::packet_steering>,
              "no"},
    ConfigKey{"Disk", "GrowRoot", set_boolean<&DiskOptions::grow>, "yes"},
    ConfigKey{"Disk", "ResourceDisk", set_boolean<&DiskOptions::resource_disk>, "yes"},
    ConfigKey{"Disk", "LocalDisks", set_choice<&DiskOptions::local_disks, kLocalDisks>, "none"},
    ConfigKey{"Disk", "LocalModels", set_local_models},
    ConfigKey{"Disk", "FileSystem", set_file_system, "ext4"},
    ConfigKey{"Disk", "Label", set_disk_label, "ephemeral"},
    ConfigKey{"Disk", "MountPoint", set_mount_point<&DiskOptions::mount_point>, "/mnt"},
    ConfigKey{"Disk", "LocalMountPoint", set_mount_point<&DiskOptions::local_mount_point>,
              "/local"},
    ConfigKey{"Disk", "MountOptions", set_mount_options},
    ConfigKey{"Disk", "Mounts", set_choice<&DiskOptions::mounts, kMounts>, "unit"},
    ConfigKey{"Disk", "DataLossWarning", set_boolean<&DiskOptions::warning_file>, "yes"},
    ConfigKey{"Disk", "Swap", set_choice<&DiskOptions::swap, kSwap>, "no"},
    ConfigKey{"Disk", "SwapSize", set_swap_size, "2G"},
    ConfigKey{"Disk", "UnreadableNtfs", set_choice<&DiskOptions::trust_label, kFormatOrLeave>,
              "leave"},
    ConfigKey{"Disk", "DataDisk", add_data_disk, "", true},
    ConfigKey{"User", "Groups", set_list<&UserConfig::groups>, "wheel adm systemd-journal"},
    ConfigKey{"User", "Shell", set_path<&UserConfig::shell>, "/bin/bash"},
    ConfigKey{"User", "Sudo", set_choice<&UserConfig::sudo, kSudoRules>, "nopasswd"},
    ConfigKey{"User", "PasswordHash", set_choice<&UserConfig::password_hash, kHashes>, "sha512"},
    ConfigKey{"User", "PasswordAgeing", set_choice<&UserConfig::password_ageing, kAgeing>, "auto"},
    ConfigKey{"User", "LockRoot", set_boolean<&UserConfig::lock_root>, "yes"},
    ConfigKey{"Ssh", "HostKeys", set_choice<&SshConfig::replace_host_keys, kReplaceOrKeep>,
              "replace"},
    ConfigKey{"Ssh", "HostKeyTypes", set_key_types, "rsa ecdsa ed25519"},
    ConfigKey{"Ssh", "ConfigureSshd", set_boolean<&SshConfig::configure_sshd>, "yes"},
    ConfigKey{"Ssh", "RequireLogin", set_boolean<&SshConfig::require_login>, "no"},
    ConfigKey{"CustomData", "EarlyTimeout", set_time<&CustomDataConfig::early_timeout>, "2min"},
    ConfigKey{"CustomData", "CloudInitFiles", set_boolean<&CustomDataConfig::cloud_init_files>,
              "no"},
    ConfigKey{"CustomData", "Keep", set_boolean<&CustomDataConfig::keep>, "no"},
    ConfigKey{"CustomData", "KeepInOvfEnv", set_boolean<&CustomDataConfig::keep_in_ovf_env>, "no"},
    ConfigKey{"Updates", "Automatic", set_choice<&UpdatesConfig::automatic, kAutomaticUpdates>,
              "no"},
    ConfigKey{"Updates", "Reboot", set_choice<&UpdatesConfig::reboot, kUpdateReboots>, "never"},
    ConfigKey{"Updates", "Schedule", set_schedule},
    ConfigKey{"Report", "InlineTimeout", set_time<&ReportConfig::inline_timeout>, "15s"},
    ConfigKey{"Report", "LateTimeout", set_time<&ReportConfig::late_timeout>, "20min"},
    ConfigKey{"Report", "Console", set_boolean<&ReportConfig::console>, "yes"},
    ConfigKey{"Report", "KvpEvents", set_boolean<&ReportConfig::kvp_events>, "yes"},
    ConfigKey{"Report", "KeepBoots", set_keep_boots, "10"},
    ConfigKey{"Report", "LogLevel", set_choice<&ReportConfig::log_level, kLogLevels>, "off"},
    ConfigKey{"Report", "OtlpEndpoint", set_web_url<&ReportConfig::otlp_endpoint>},
};

}  // namespace

const ConfigKey* find_config_key(std::string_view section, std::string_view name) {
  const auto* key = std::ranges::find_if(
      kKeys, [&](const ConfigKey& each) { return each.section == section && each.name == name; });
  return key == kKeys.end() ? nullptr : key;
}

std::span<const ConfigKey> config_keys() { return kKeys; }

std::vector<std::string_view> config_sections() {
  std::vector<std::string_view> sections;
  for (const auto& key : kKeys) {
    if (sections.empty() || sections.back() != key.section) sections.push_back(key.section);
  }
  return sections;
}

bool is_config_section(std::string_view name) {
  return std::ranges::find(kKeys, name, &ConfigKey::section) != kKeys.end();
}

std::vector<std::string_view> config_key_names(std::string_view section) {
  std::vector<std::string_view> names;
  for (const auto& key : kKeys) {
    if (key.section == section) names.push_back(key.name);
  }
  return names;
}

}  // namespace azl::provision
