// Facts of a VM that another agent provisioned, for the tests of a migration.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provision/image/migrate/migration.h"

namespace azl::test {

using namespace azl::provision;

inline constexpr std::string_view kMigratedVm = "a0a0a0a0-1111-4222-8333-444444444444";

inline AgentState& state_of(MigrationFacts& facts, Agent agent) {
  return facts.agents[static_cast<std::size_t>(agent)];
}

inline void add_file(MigrationFacts& facts, Agent agent, std::string path, std::string text) {
  state_of(facts, agent).files.push_back({std::move(path), Secret(std::move(text))});
}

/// A VM that the agent provisioned, whose unit is enabled.
inline MigrationFacts facts_of(Agent agent) {
  MigrationFacts facts;
  facts.vm_id = kMigratedVm;
  facts.records.of_this_vm = {std::string(to_string(agent)), "/record"};
  state_of(facts, agent).installed = true;
  state_of(facts, agent).enabled_units = {std::string(to_string(agent)) + ".service"};
  if (agent == Agent::kWaagent) facts.waagent_record = kMigratedVm;
  return facts;
}

/// "FATE KEY SETTING" for each key.
inline std::vector<std::string> fates(const Migration& migration) {
  std::vector<std::string> lines;
  for (const auto& each : migration.keys)
    lines.push_back(std::string(to_string(each.fate)) + " " + each.key +
                    (each.setting.empty() ? "" : " " + each.setting));
  return lines;
}

}  // namespace azl::test
