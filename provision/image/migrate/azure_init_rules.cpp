// azure-init's keys. Source: libazureinit/src/config.rs of azure-init 0.1.
#include <array>
#include <charconv>
#include <cmath>

#include "imds/http.h"
#include "provision/image/migrate/key_rules.h"

namespace azl::provision {
namespace {

using enum Fate;
using Decisions = std::vector<KeyDecision>;

KeyDecision becomes(std::string section, std::string key, std::string value) {
  return {.fate = kBecomes,
          .section = std::move(section),
          .key = std::move(key),
          .value = std::move(value)};
}

/// A number of seconds as a time span: "300.0" is "300s". Returns an empty text for anything else.
std::string time_span(const std::string& text) {
  double seconds = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  constexpr double kMost = 1e9;
  if (error != std::errc() || stop != end || !(seconds >= 0) || seconds > kMost) return {};
  return std::to_string(std::llround(seconds)) + "s";
}

Decisions decide_time(const AgentSetting& setting, std::string_view usual, const char* section,
                      const char* key) {
  auto span = time_span(setting.text);
  if (span == usual) return {};
  return {becomes(section, key, std::move(span))};
}
Decisions decide_imds_time(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  return decide_time(setting, "300s", "Imds", "Timeout");
}
Decisions decide_report_time(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  return decide_time(setting, "1200s", "Report", "LateTimeout");
}

Decisions decide_endpoint(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  constexpr std::string_view kUsual = "http://168.63.129.16/";
  if (setting.text.starts_with(kUsual)) return {};
  const auto url = imds::split_url(setting.text);
  if (!url) return {{.fate = kLost}};
  return {
      becomes("Platform", "WireServerUrl",
              setting.text.substr(0, setting.text.find('/', std::string_view("http://").size())))};
}

Decisions decide_sshd(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (setting.text != "false") return {};
  return {becomes("Ssh", "ConfigureSshd", "no")};
}

Decisions decide_media(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (setting.text != "false") return {};
  return {{.fate = kLost}};
}

Decisions decide_directory(const AgentSetting& setting, const MigrationFacts& /*facts*/) {
  if (setting.text == "/var/lib/azure-init" || setting.text == "/var/lib/azure-init/") return {};
  return {{.fate = kLost}};
}

Decisions decide_no_growth(const AgentSetting& /*setting*/, const MigrationFacts& /*facts*/) {
  return {becomes("Disk", "GrowRoot", "no")};
}
Decisions decide_no_resource_disk(const AgentSetting& /*setting*/,
                                  const MigrationFacts& /*facts*/) {
  return {becomes("Disk", "ResourceDisk", "no")};
}

constexpr std::string_view kNoTime = "other values: it is no number of seconds";

constexpr std::array kRules = {
    KeyRule{"ssh.authorized_keys_path", kNotNeeded,
            "azl-provision asks sshd where it looks for keys; this VM's keys stay"},
    KeyRule{"ssh.query_sshd_config", kNotNeeded, "azl-provision always asks sshd"},
    KeyRule{"ssh.configure_sshd_password_authentication", kNotNeeded,
            "azl-provision configures sshd on a new VM by default",
            "[Ssh] ConfigureSshd=", decide_sshd},
    KeyRule{"hostname_provisioners.*", kNotNeeded, "azl-provision has one way to set a host name"},
    KeyRule{"user_provisioners.*", kNotNeeded, "azl-provision has one way to make a user"},
    KeyRule{"password_provisioners.*", kNotNeeded, "azl-provision has one way to set a password"},
    KeyRule{"imds.total_retry_timeout_secs", kNotNeeded, "it is the default here",
            "[Imds] Timeout=", decide_imds_time, kNoTime},
    KeyRule{"imds.*", kNotNeeded, "azl-provision has time limits of its own for one request"},
    KeyRule{"provisioning_media.enable",
            kNotNeeded,
            "azl-provision reads media by default",
            {},
            decide_media,
            "false: azl-provision reads the media of a new VM if there are some"},
    KeyRule{"azure_proxy_agent.enable", kNotNeeded,
            "the platform says on the media whether the metadata proxy agent is required"},
    KeyRule{"wireserver.health_endpoint", kNotNeeded, "it is the default here",
            "[Platform] WireServerUrl=", decide_endpoint,
            "another address than http://: azl-provision speaks plain HTTP with the platform"},
    KeyRule{"wireserver.total_retry_timeout_secs", kNotNeeded, "it is the default here",
            "[Report] LateTimeout=", decide_report_time, kNoTime},
    KeyRule{"wireserver.*", kNotNeeded, "azl-provision has time limits of its own for one request"},
    KeyRule{"telemetry.*", kNotNeeded,
            "the host gets azl-provision's report; the log is the journal"},
    KeyRule{"azure_init_data_dir.path",
            kNotNeeded,
            "it is where azl-provision looks",
            {},
            decide_directory,
            "another directory: azl-provision looks for azure-init's records in "
            "/var/lib/azure-init only"},
    KeyRule{"azure_init_log_path.path", kNotNeeded, "azl-provision writes to the journal"},
    KeyRule{"(growth of the OS disk)", kBecomes,
            "azure-init does not grow the OS disk: so it does not grow until you remove the line",
            "[Disk] GrowRoot=", decide_no_growth},
    KeyRule{"(the resource disk)", kBecomes,
            "azure-init does not set it up: so nobody formats it until you remove the line",
            "[Disk] ResourceDisk=", decide_no_resource_disk},
};

}  // namespace

std::span<const KeyRule> azure_init_rules() { return kRules; }

}  // namespace azl::provision
