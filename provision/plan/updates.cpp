#include "provision/plan/updates.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::string_view kMark = "azl-provision wrote this for [Updates] in azl-provision.conf.";

/// A program that the image may have. Source: dnf5-automatic(8), dnf-automatic(8),
/// apt.systemd.daily.
struct Program {
  UpdateProgram id;
  std::string_view name;
  std::string_view timer;
};
constexpr std::array kPrograms = {
    Program{UpdateProgram::kDnf5Automatic, "dnf5-automatic", "dnf5-automatic.timer"},
    Program{UpdateProgram::kDnfAutomatic, "dnf-automatic", "dnf-automatic.timer"},
    Program{UpdateProgram::kUnattendedUpgrades, "unattended-upgrades", "apt-daily-upgrade.timer"},
};

bool is_security(const UpdatesConfig& config) {
  return config.automatic == AutomaticUpdates::kSecurity;
}
bool may_reboot(const UpdatesConfig& config) { return config.reboot == UpdateReboot::kWhenNeeded; }

struct IniSetting {
  std::string_view key;
  std::string_view value;
};

/// The key of a line "key = value"; empty for any other line.
std::string_view key_of(std::string_view line) {
  const auto equals = line.find('=');
  return equals == std::string_view::npos ? std::string_view() : trim(line.substr(0, equals));
}

/// Sets keys of [commands]. Every other line stays. The first section of that name gets the keys; a
/// line of the same keys in any section of that name is dropped.
std::string with_commands(std::string_view text, std::span<const IniSetting> settings) {
  std::string ours = "[commands]\n";
  for (const auto& [key, value] : settings)
    ours += std::string(key) + " = " + std::string(value) + "\n";
  std::string result;
  bool in_commands = false;
  bool written = false;
  for (const auto line : split_lines(text)) {
    const auto stripped = trim(line);
    if (stripped.starts_with('[')) in_commands = stripped.starts_with("[commands]");
    const bool is_ours = in_commands && std::ranges::find(settings, key_of(stripped),
                                                          &IniSetting::key) != settings.end();
    if (is_ours) continue;
    if (in_commands && !written && stripped.starts_with('[')) {
      result += ours;
      written = true;
    } else {
      result += std::string(line) + "\n";
    }
  }
  return written ? result : result + ours;
}

/// Source: dnf5-automatic(8) and dnf-automatic(8). dnf 5 reads this file on top of its own
/// defaults.
PlannedFile dnf_settings(const UpdatesConfig& config, const UpdateFacts& facts) {
  const std::array<IniSetting, 4> settings = {
      {{"upgrade_type", is_security(config) ? "security" : "default"},
       {"download_updates", "yes"},
       {"apply_updates", "yes"},
       {"reboot", may_reboot(config) ? "when-needed" : "never"}}};
  const std::string before =
      facts.dnf_config.empty() ? "# " + std::string(kMark) + "\n" : facts.dnf_config;
  return {std::string(kDnfAutomaticFile), with_commands(before, settings)};
}

/// Source: the README of unattended-upgrades, and apt.conf(5) for #clear. The patterns are those of
/// Debian and of Ubuntu, whose suites and code names differ.
PlannedFile apt_settings(const UpdatesConfig& config) {
  std::string text = "// " + std::string(kMark) + R"(
APT::Periodic::Enable "1";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
#clear Unattended-Upgrade::Allowed-Origins;
#clear Unattended-Upgrade::Origins-Pattern;
Unattended-Upgrade::Origins-Pattern {
)";
  text += is_security(config) ? "  \"origin=${distro_id},codename=${distro_codename}-security\";\n"
                                "  \"origin=${distro_id},suite=${distro_codename}-security\";\n"
                              : "  \"origin=*\";\n";
  text += std::string("};\nUnattended-Upgrade::Automatic-Reboot \"") +
          (may_reboot(config) ? "true" : "false") + "\";\n";
  // Read after the files of the distribution, which are 20auto-upgrades and 50unattended-upgrades.
  return {"/etc/apt/apt.conf.d/90-azl-provision-updates", std::move(text)};
}

std::string describe(const UpdatesConfig& config, const PlannedUpdates& planned) {
  return planned.program + " installs " +
         (is_security(config) ? "security updates" : "all updates") +
         (planned.schedule.empty() ? " at the distribution's time"
                                   : " at '" + planned.schedule + "'") +
         ", with a delay of up to an hour, and " +
         (may_reboot(config) ? "reboots when they need it" : "never reboots");
}

}  // namespace

std::optional<PlannedUpdates> decide_updates(const UpdatesConfig& config, const UpdateFacts& facts,
                                             Findings& findings) {
  if (config.automatic == AutomaticUpdates::kNo) return std::nullopt;
  const auto* program = std::ranges::find(kPrograms, facts.program, &Program::id);
  if (program == kPrograms.end()) {
    findings.push_back(
        {Severity::kDegraded,
         Error(Cause::kNoUpdateProgram,
               "[Updates] Automatic= is set, and the image has no dnf5-automatic.timer, no "
               "dnf-automatic.timer and no unattended-upgrades")});
    return std::nullopt;
  }
  PlannedUpdates planned;
  planned.program = program->name;
  planned.timer = program->timer;
  planned.schedule = config.schedule;
  if (facts.program == UpdateProgram::kUnattendedUpgrades) {
    planned.settings = apt_settings(config);
    planned.enabled = {"apt-daily.timer"};  // it reads the lists of packages
  } else {
    planned.settings = dnf_settings(config, facts);
  }
  planned.enabled.push_back(planned.timer);
  planned.why = describe(config, planned);
  return planned;
}

PlannedFile timer_drop_in(std::string_view timer, std::string_view schedule) {
  std::string text = "# " + std::string(kMark) + "\n[Timer]\n";
  // An empty assignment removes the times of the distribution.
  if (!schedule.empty()) text += "OnCalendar=\nOnCalendar=" + std::string(schedule) + "\n";
  text += "RandomizedDelaySec=1h\nFixedRandomDelay=yes\n";
  return {"/etc/systemd/system/" + std::string(timer) + ".d/50-azl-provision.conf",
          std::move(text)};
}

}  // namespace azl::provision
