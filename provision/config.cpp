#include "provision/config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include <ini.h>

#include "base/text.h"
#include "provision/config_values.h"

namespace azl::provision {
namespace {

constexpr std::array<std::string_view, 3> kDirectories = {
    "/etc/azl-provision", "/run/azl-provision", "/usr/lib/azl-provision"};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Why a value is refused, as the end of "KEY= …"; empty: taken.
using Refusal = std::string;
using Setter = Refusal (*)(Config&, std::string_view);

struct Key {
  std::string_view section;
  std::string_view name;
  Setter set;
};

/// The part of the configuration that has the member.
template <class T>
Config& part_with(Config& config, T Config::* /*member*/) {
  return config;
}
template <class T>
net::NetworkOptions& part_with(Config& config, T net::NetworkOptions::* /*member*/) {
  return config.network;
}
template <class T>
net::TuningOptions& part_with(Config& config, T net::TuningOptions::* /*member*/) {
  return config.tuning;
}
template <class T>
disk::DiskOptions& part_with(Config& config, T disk::DiskOptions::* /*member*/) {
  return config.disk;
}

template <auto Member>
Refusal set_text(Config& config, std::string_view value) {
  config.*Member = value;
  return {};
}

template <auto Member>
Refusal set_url(Config& config, std::string_view value) {
  // Only plain HTTP is spoken to link-local services; anything else would be a typing error.
  // Nothing is the default, so that a drop-in can take back what another file sets.
  if (!value.empty() && !imds::split_url(value)) return "is not an http:// address";
  while (value.ends_with('/')) value.remove_suffix(1);
  config.*Member = value;
  return {};
}

template <auto Member>
Refusal set_path(Config& config, std::string_view value) {
  if (!value.starts_with('/')) return "is not an absolute path";
  config.*Member = value;
  return {};
}

/// A path whose default is none.
template <auto Member>
Refusal set_path_or_none(Config& config, std::string_view value) {
  if (!value.empty()) return set_path<Member>(config, value);
  (config.*Member).clear();
  return {};
}

template <auto Member>
Refusal set_boolean(Config& config, std::string_view value) {
  const auto parsed = parse_boolean(value);
  if (!parsed) return "is not a boolean";
  part_with(config, Member).*Member = *parsed;
  return {};
}

template <auto Member>
Refusal set_time(Config& config, std::string_view value) {
  const auto parsed = parse_time_span(value);
  if (!parsed) return "is not a time span such as 90s or 5min";
  config.*Member = *parsed;
  return {};
}

/// Words separated by white space or commas. An empty value empties the list.
template <auto Member>
Refusal set_list(Config& config, std::string_view value) {
  std::string spaced(value);
  std::ranges::replace_if(spaced, [](char c) { return c == ',' || c == '\t'; }, ' ');
  (config.*Member).clear();
  for (const auto word : split(spaced, ' ')) (config.*Member).emplace_back(word);
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
      part_with(config, Member).*Member = choice.value;
      return {};
    }
    words += (words.empty() ? "" : ", ") + std::string(choice.word);
  }
  return "is none of " + words;
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
constexpr std::array<Choice<bool>, 2> kFormatOrLeave = {{{"format", true}, {"leave", false}}};
constexpr std::array<Choice<bool>, 2> kReplaceOrKeep = {{{"replace", true}, {"keep", false}}};

Refusal set_key_types(Config& config, std::string_view value) {
  Config trial;
  set_list<&Config::host_key_types>(trial, value);
  for (const auto& type : trial.host_key_types) {
    if (type != "rsa" && type != "ecdsa" && type != "ed25519")
      return "has '" + printable(type) + "', none of rsa, ecdsa, ed25519";
  }
  if (trial.host_key_types.empty()) return "is empty; to keep the image's keys set HostKeys=keep";
  config.host_key_types = std::move(trial.host_key_types);
  return {};
}

Refusal set_keep_boots(Config& config, std::string_view value) {
  const int number = small_number(value);
  if (number < 1 || number > 9999) return "is not a number from 1 to 9999";
  config.keep_boots = number;
  return {};
}

Refusal set_mtu(Config& config, std::string_view value) {
  const int number = value.empty() ? 0 : small_number(value);
  if (!value.empty() && (number < 68 || number > 65535)) return "is not a number from 68 to 65535";
  config.network.mtu = number;
  return {};
}

/// One size of a ring; nothing takes back what another file sets.
template <auto Kind, auto Direction>
Refusal set_ring(Config& config, std::string_view value) {
  auto& size = (config.tuning.*Kind).*Direction;
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
  config.tuning.transmit_queue = number;
  return {};
}

template <auto Member>
Refusal set_mount_point(Config& config, std::string_view value) {
  if (!is_mount_point(value))
    return "is not an absolute path such as /mnt, or is a directory of the system's own";
  config.disk.*Member = value;
  return {};
}

Refusal set_disk_label(Config& config, std::string_view value) {
  if (value.empty() || !is_label(value))
    return "is not a label of 1 to 12 letters, digits, '.', '-', '_'";
  config.disk.label = value;
  return {};
}

Refusal set_mount_options(Config& config, std::string_view value) {
  if (!are_mount_options(value)) return "is not a list of mount options such as noatime,discard";
  config.disk.mount_options = value;
  return {};
}

Refusal set_file_system(Config& config, std::string_view value) {
  const auto type = lower(value);
  if (type != "ext4" && type != "xfs") return "is none of ext4, xfs";
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

/// Names of NVMe models have spaces in them: commas stand between.
Refusal set_local_models(Config& config, std::string_view value) {
  config.disk.local_models.clear();
  for (const auto model : split(value, ',')) {
    if (!trim(model).empty()) config.disk.local_models.emplace_back(trim(model));
  }
  return {};
}

/// One more data disk; an empty value takes back those before.
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
  set_list<&Config::synthetic_drivers>(trial, value);
  for (const auto& driver : trial.synthetic_drivers) {
    if (!net::is_driver_name(driver))
      return "has '" + printable(driver) + "', which is no name of a driver";
  }
  config.synthetic_drivers = std::move(trial.synthetic_drivers);
  return {};
}

/// One more line of [Match]; an empty value takes back those before.
Refusal add_match(Config& config, std::string_view value) {
  constexpr std::size_t kMost = 16;
  auto& lines = config.network.match;
  if (value.empty()) {
    lines.clear();
    return {};
  }
  const auto key = value.substr(0, value.find('='));
  const bool plain =
      std::ranges::all_of(key, [](unsigned char c) { return std::isalpha(c) != 0; }) &&
      std::ranges::none_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (!plain || key.empty() || key.size() + 1 >= value.size())
    return "is no line of [Match] such as Virtualization=microsoft";
  if (key == "Name" || key == "MACAddress" || key == "Driver")
    return "names what the files match by already, or must not: a link's name may change";
  if (lines.size() == kMost) return "is one line too many";
  lines.emplace_back(value);
  return {};
}

constexpr std::array kKeys = {
    Key{"Platform", "ImdsUrl", set_url<&Config::imds_url>},
    Key{"Platform", "WireServerUrl", set_url<&Config::wireserver_url>},
    Key{"Platform", "MediaPath", set_path_or_none<&Config::media_path>},
    Key{"Platform", "MediaTimeout", set_time<&Config::media_timeout>},
    Key{"Platform", "HealthProtocol", set_choice<&Config::health_protocol, kProtocols>},
    Key{"Imds", "Timeout", set_time<&Config::imds_timeout>},
    Key{"Imds", "TimeoutWithMedia", set_time<&Config::imds_timeout_with_media>},
    Key{"Network", "LeaseTimeout", set_time<&Config::lease_timeout>},
    Key{"Network", "ManageEtcHosts", set_boolean<&Config::manage_etc_hosts>},
    Key{"Network", "Manage", set_choice<&NetworkOptions::manage, kManage>},
    Key{"Network", "Files", set_choice<&NetworkOptions::files, kNetworkFiles>},
    Key{"Network", "SecondaryAddresses", set_boolean<&NetworkOptions::secondary_addresses>},
    Key{"Network", "PolicyRouting", set_boolean<&NetworkOptions::policy_routing>},
    Key{"Network", "UseDns", set_boolean<&NetworkOptions::use_dns>},
    Key{"Network", "Mtu", set_mtu},
    Key{"Network", "Match", add_match},
    Key{"Network", "SyntheticDrivers", set_synthetic_drivers},
    Key{"Network", "RxRing", set_ring<&TuningOptions::synthetic, &RingSizes::receive>},
    Key{"Network", "TxRing", set_ring<&TuningOptions::synthetic, &RingSizes::transmit>},
    Key{"Network", "VfRxRing", set_ring<&TuningOptions::hardware, &RingSizes::receive>},
    Key{"Network", "VfTxRing", set_ring<&TuningOptions::hardware, &RingSizes::transmit>},
    Key{"Network", "TxQueueLength", set_transmit_queue},
    Key{"Network", "ReceivePacketSteering", set_boolean<&TuningOptions::packet_steering>},
    Key{"Disk", "GrowRoot", set_boolean<&DiskOptions::grow>},
    Key{"Disk", "ResourceDisk", set_boolean<&DiskOptions::resource_disk>},
    Key{"Disk", "LocalDisks", set_choice<&DiskOptions::local_disks, kLocalDisks>},
    Key{"Disk", "LocalModels", set_local_models},
    Key{"Disk", "FileSystem", set_file_system},
    Key{"Disk", "Label", set_disk_label},
    Key{"Disk", "MountPoint", set_mount_point<&DiskOptions::mount_point>},
    Key{"Disk", "LocalMountPoint", set_mount_point<&DiskOptions::local_mount_point>},
    Key{"Disk", "MountOptions", set_mount_options},
    Key{"Disk", "Mounts", set_choice<&DiskOptions::mounts, kMounts>},
    Key{"Disk", "DataLossWarning", set_boolean<&DiskOptions::warning_file>},
    Key{"Disk", "Swap", set_choice<&DiskOptions::swap, kSwap>},
    Key{"Disk", "SwapSize", set_swap_size},
    Key{"Disk", "UnreadableNtfs", set_choice<&DiskOptions::trust_label, kFormatOrLeave>},
    Key{"Disk", "DataDisk", add_data_disk},
    Key{"User", "Groups", set_list<&Config::groups>},
    Key{"User", "Shell", set_path<&Config::shell>},
    Key{"User", "Sudo", set_choice<&Config::sudo, kSudoRules>},
    Key{"User", "PasswordHash", set_choice<&Config::password_hash, kHashes>},
    Key{"User", "LockRoot", set_boolean<&Config::lock_root>},
    Key{"Ssh", "HostKeys", set_choice<&Config::replace_host_keys, kReplaceOrKeep>},
    Key{"Ssh", "HostKeyTypes", set_key_types},
    Key{"Ssh", "ConfigureSshd", set_boolean<&Config::configure_sshd>},
    Key{"Report", "InlineTimeout", set_time<&Config::inline_timeout>},
    Key{"Report", "LateTimeout", set_time<&Config::late_timeout>},
    Key{"Report", "Console", set_boolean<&Config::console>},
    Key{"Report", "KeepBoots", set_keep_boots},
};

/// What inih's callbacks share: inih hands out no line numbers unless it was built to, so the
/// reader counts.
struct Reading {
  const ConfigFile* file;
  std::string_view rest;
  int line = 0;
  Config* config;

  void warn(const std::string& what) const {
    config->warnings.push_back(file->path + ":" + std::to_string(line) + ": " + what);
  }
};

constexpr const char* kNoLine = "neither a [Section] nor Key=Value; the line is ignored";

bool makes_sense(std::string_view line) {
  line = trim(line);
  if (line.empty() || line.front() == '#' || line.front() == ';') return true;
  return line.find(line.front() == '[' ? ']' : '=') != std::string_view::npos;
}

char* next_line(char* buffer, int size, void* stream) {
  auto& reading = *static_cast<Reading*>(stream);
  if (reading.rest.empty() || size < 2) return nullptr;
  const auto end = std::min(reading.rest.find('\n'), reading.rest.size() - 1) + 1;
  auto line = reading.rest.substr(0, end);
  reading.rest.remove_prefix(end);
  ++reading.line;
  // inih would take an indented line for more of the last value. For systemd it is one like others.
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.size() > static_cast<std::size_t>(size - 1)) {
    // inih would take the rest for a line of its own.
    reading.warn("longer than " + std::to_string(size - 1) + " characters; the line is ignored");
    line = {};
  } else if (!makes_sense(line)) {  // of those inih names only the first
    reading.warn(kNoLine);
    line = {};
  }
  std::ranges::copy(line, buffer);
  buffer[line.size()] = '\0';
  return buffer;
}

int take(void* user, const char* section, const char* name, const char* value) {
  auto& reading = *static_cast<Reading*>(user);
  const auto key = std::ranges::find_if(
      kKeys, [&](const Key& k) { return k.section == section && k.name == name; });
  if (key == kKeys.end()) {
    reading.warn("unknown key '" + printable(name) + "' in section [" + printable(section) +
                 "] is ignored");
  } else if (const auto refusal = key->set(*reading.config, trim(value)); !refusal.empty()) {
    reading.warn(std::string(name) + "=" + printable(value) + " " + refusal +
                 "; the line is ignored");
  }
  return 1;
}

bool masked(const Root& root, const std::string& path, const std::string& text) {
  return trim(text).empty() || root.link_target(path) == "/dev/null";
}

Result<std::optional<ConfigFile>> read_file(const Root& root, const std::string& path) {
  if (root.link_target(path) == "/dev/null") return ConfigFile{path, {}};
  auto text = root.read_if_exists(path);
  if (!text) return fail(std::move(text.error()), "reading " + path);
  if (!*text) return std::optional<ConfigFile>{};
  return ConfigFile{path, std::move(**text)};
}

}  // namespace

ConfigFiles find_config(const Root& root) {
  ConfigFiles found;
  // Returns whether there is such a file, readable or not.
  const auto take_file = [&](const std::string& path, bool drop_in) {
    auto file = read_file(root, path);
    if (!file) {
      found.unread.push_back(std::move(file.error()));
      return true;
    }
    if (!*file) return false;
    if (!drop_in || !masked(root, path, (*file)->text)) found.files.push_back(std::move(**file));
    return true;
  };
  for (const auto directory : kDirectories) {
    if (take_file(std::string(directory) + "/azl-provision.conf", false)) break;
  }
  std::map<std::string, std::string> drop_ins;  // name -> path; the first directory wins
  for (const auto directory : kDirectories) {
    const auto folder = std::string(directory) + "/azl-provision.conf.d";
    auto names = root.list(folder);
    if (!names) {
      found.unread.push_back(std::move(names.error()).with_context("reading " + folder));
      continue;
    }
    for (const auto& name : *names) {
      if (name.ends_with(".conf") && !name.starts_with('.'))
        drop_ins.try_emplace(name, folder + "/" + name);
    }
  }
  for (const auto& [name, path] : drop_ins) take_file(path, true);
  return found;
}

Config parse_config(const std::vector<ConfigFile>& files) {
  Config config;
  for (const auto& file : files) {
    Reading reading{.file = &file, .rest = file.text, .config = &config};
    if (reading.rest.starts_with(kByteOrderMark)) reading.rest.remove_prefix(kByteOrderMark.size());
    const int bad_line = ini_parse_stream(next_line, &reading, take, &reading);
    if (bad_line > 0) {
      reading.line = bad_line;
      reading.warn(kNoLine);
    }
  }
  return config;
}

Config load_config(const Root& root) {
  auto found = find_config(root);
  auto config = parse_config(found.files);
  config.unread = std::move(found.unread);
  return config;
}

std::optional<Duration> parse_time_span(std::string_view text) {
  using namespace std::chrono;
  // systemd's month and year: 30.44 and 365.25 days.
  constexpr Duration kMonth = seconds(2'629'800);
  constexpr Duration kYear = seconds(31'557'600);
  static const std::map<std::string_view, Duration> kUnits = {
      {"us", 1us},        {"usec", 1us},    {"ms", 1ms},       {"msec", 1ms},   {"", 1s},
      {"s", 1s},          {"sec", 1s},      {"second", 1s},    {"seconds", 1s}, {"m", 1min},
      {"min", 1min},      {"minute", 1min}, {"minutes", 1min}, {"h", 1h},       {"hr", 1h},
      {"hour", 1h},       {"hours", 1h},    {"d", 24h},        {"day", 24h},    {"days", 24h},
      {"w", 168h},        {"week", 168h},   {"weeks", 168h},   {"M", kMonth},   {"month", kMonth},
      {"months", kMonth}, {"y", kYear},     {"year", kYear},   {"years", kYear}};
  text = trim(text);
  if (text == "infinity") return kYear;
  if (text.empty()) return std::nullopt;
  double sum = 0;  // microseconds: exact far beyond a year
  while (!text.empty()) {
    double number = 0;
    const auto [rest, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    const bool digit = text.front() >= '0' && text.front() <= '9';
    if (error != std::errc() || !digit) return std::nullopt;
    text = trim(text.substr(static_cast<std::size_t>(rest - text.data())));
    const auto letters = static_cast<std::size_t>(
        std::ranges::find_if(
            text, [](char c) { return (c >= '0' && c <= '9') || c == ' ' || c == '\t'; }) -
        text.begin());
    const auto unit = kUnits.find(text.substr(0, letters));
    if (unit == kUnits.end()) return std::nullopt;
    sum += number * static_cast<double>(unit->second.count());
    if (sum > static_cast<double>(kYear.count())) return std::nullopt;
    text = trim(text.substr(letters));
  }
  return Duration(std::llround(sum));
}

std::vector<std::string> config_keys() {
  std::vector<std::string> keys;
  for (const auto& key : kKeys)
    keys.push_back("[" + std::string(key.section) + "] " + std::string(key.name));
  return keys;
}

}  // namespace azl::provision
