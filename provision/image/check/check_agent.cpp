// Whether azl-provision is installed and would be started, and alone.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/text.h"
#include "provision/gather/other_agents.h"
#include "provision/image/check/check_image.h"
#include "provision/image/check/ordering_cycle.h"

namespace azl::provision {
namespace {

constexpr std::array<AgentUnit, 7> kAgentUnits = {{
    {"azl-provision.target", true, true},
    {"azl-provision-local.service", false, true},
    {"azl-provision.service", false, true},
    {"azl-provision-report.service", false, true},
    {"azl-provision-disks.service", false, false},
    {"azl-provision-custom-data-early.service", false, false},
    {"azl-provision-custom-data.service", true, false},
}};

/// Finds what is wrong with a unit that the image has.
void check_unit(const AgentUnit& known, const UnitFacts& unit, bool first_boot,
                CheckFindings& findings) {
  if (!unit.masked_by.empty()) {
    findings.push_back({.check = known.essential ? Check::kUnitMasked : Check::kPartMasked,
                        .path = unit.masked_by,
                        .detail = unit.name + " is masked",
                        .name = unit.name});
    return;
  }
  if (!known.enabled || unit.linked_in_usr) return;
  const bool enabled = first_boot ? unit.preset.enables : unit.enabled;
  const auto& line = unit.preset.line;
  if (!enabled) {
    const bool by_preset = !unit.preset.enables;
    findings.push_back({.check = Check::kUnitDisabled,
                        .path = by_preset ? line.path : std::string(),
                        .line = by_preset ? line.line : 0,
                        .detail = unit.name + " is not enabled" +
                                  (by_preset ? ", and this preset disables it" : ""),
                        .name = unit.name});
  } else if (!unit.preset.enables) {
    findings.push_back({.check = Check::kPresetDisables,
                        .path = line.path,
                        .line = line.line,
                        .detail = "this preset disables " + unit.name + ", which is enabled now",
                        .name = unit.name});
  }
}

void check_installation(const ImageFacts& facts, CheckFindings& findings) {
  const auto& agent = facts.agent;
  for (const auto& path : agent.extensions)
    findings.push_back({.check = Check::kExtensionUnitsLate,
                        .path = path,
                        .detail = "azl-provision is installed by this system extension only"});
  if (!agent.extensions.empty()) return;
  std::vector<std::string> missing;
  if (agent.program.empty()) missing.emplace_back("/usr/bin/azl-provision");
  for (const auto& unit : agent.units) {
    if (unit.file.empty() && unit.masked_by.empty()) missing.push_back(unit.name);
  }
  if (missing.empty()) return;
  const bool all = agent.program.empty() && missing.size() > agent.units.size();
  findings.push_back({.check = Check::kNotInstalled,
                      .detail = all ? "azl-provision is not installed in this image"
                                    : "azl-provision is only partly installed: there is no " +
                                          join(missing, ", ")});
}

void check_cycles(const ImageFacts& facts, CheckFindings& findings) {
  if (!facts.agent.verify) return;
  std::set<std::set<std::string>>
      seen;  // systemd finds a cycle again for each target that needs it
  for (const auto& cycle : parse_ordering_cycles(*facts.agent.verify)) {
    const bool ours = std::ranges::any_of(
        cycle, [](const auto& unit) { return unit.starts_with("azl-provision"); });
    if (!ours || !seen.emplace(cycle.begin(), cycle.end()).second) continue;
    findings.push_back({.check = Check::kOrderingCycle,
                        .detail = "each of these waits for the next: " + join(cycle, " -> ") +
                                  " -> " + cycle.front()});
  }
}

void check_others(const ImageFacts& facts, CheckFindings& findings) {
  const auto& agent = facts.agent;
  if (!agent.rival.empty())
    findings.push_back({.check = Check::kOtherAgentEnabled, .detail = agent.rival});
  const bool reports = agent.waagent && agent.waagent->text != "auto" &&
                       agent.waagent->text != "waagent" && agent.waagent->text != "cloud-init";
  if (reports)
    findings.push_back({.check = Check::kWaagentReportsReady,
                        .path = agent.waagent->path,
                        .line = agent.waagent->line,
                        .detail = "Provisioning.Agent=" + printable(agent.waagent->text) +
                                  " makes WALinuxAgent report Ready itself"});
}

}  // namespace

std::span<const AgentUnit> agent_units() { return kAgentUnits; }

void check_agent(const ImageFacts& facts, CheckFindings& findings) {
  const auto& agent = facts.agent;
  check_installation(facts, findings);
  for (std::size_t i = 0; i < agent.units.size() && i < kAgentUnits.size(); ++i) {
    const auto& unit = agent.units[i];
    if (!unit.file.empty() || !unit.masked_by.empty())
      check_unit(kAgentUnits[i], unit, facts.state.is_first_boot(), findings);
  }
  if (agent.has_off_file)
    findings.push_back({.check = Check::kSwitchedOff,
                        .path = "/etc/azl-provision/disabled",
                        .detail = "this file switches azl-provision off"});
  for (const auto& command_line : facts.boot.command_lines) {
    const auto& line = command_line.line;
    if (const auto why = find_off_word(line.text); !why.empty())
      findings.push_back({.check = Check::kSwitchedOff,
                          .path = line.path,
                          .line = line.line,
                          .detail = why + " switches azl-provision off"});
  }
  for (const auto& warning : agent.config_warnings)
    findings.push_back({.check = Check::kConfigMistake, .detail = warning});
  check_others(facts, findings);
  check_cycles(facts, findings);
}

}  // namespace azl::provision
