// The agents that azl-provision takes over from, and what was found of them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "provision/config/config.h"
#include "provision/gather/other_agents.h"
#include "provision/image/migrate/link_names.h"
#include "provision/record/words.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

enum class Agent { kCloudInit, kWaagent, kAzureInit };
template <>
inline constexpr std::array<Spelling<Agent>, 3> kSpellings<Agent> = {
    {{Agent::kCloudInit, "cloud-init"},
     {Agent::kWaagent, "WALinuxAgent"},
     {Agent::kAzureInit, "azure-init"}}};
inline constexpr std::array kAgents = {Agent::kCloudInit, Agent::kWaagent, Agent::kAzureInit};

/// A file of an agent's configuration. cloud-init's can have passwords.
struct AgentFile {
  std::string path;
  Secret text;
};

/// Something at a path that an agent wrote or uses. See path_rules().
struct AgentPath {
  std::size_t rule = 0;  ///< index in path_rules()
  std::string path;
};

struct AgentState {
  bool installed = false;                       ///< it has a unit
  std::vector<std::string> enabled_units = {};  ///< that a link in /etc or /usr starts
  std::vector<AgentFile> files = {};  ///< its configuration, in the order in which it counts
};

/// Everything that the migration is decided by.
struct MigrationFacts {
  std::string vm_id;                                   ///< of the firmware; empty: it gives none
  OtherRecords records;                                ///< of the other agents
  std::array<AgentState, kAgents.size()> agents = {};  ///< in the order of kAgents
  std::vector<AgentPath> paths = {};                   ///< in the order of path_rules()
  State state;                                         ///< of this program
  std::string state_error = {};  ///< why the state cannot be read; empty: it can
  std::string off_switch = {};   ///< find_off_switch()
  std::string unfinished = {};   ///< a sentence: cloud-init still runs; empty: it does not
  std::vector<std::string> missing_units = {};   ///< units of this program that are not installed
  std::vector<std::string> masked_units = {};    ///< units of this program that are masked
  std::vector<std::string> disabled_units = {};  ///< units of this program that are to be enabled
  bool cloud_init_off = false;                   ///< /etc/cloud/cloud-init.disabled exists
  std::vector<LinkFile> missing_links = {};      ///< that keep the names of NICs
  std::string waagent_record = {};               ///< the text of /var/lib/waagent/provisioned
  std::optional<std::string> drop_in = {};  ///< the text of kMigratedConf; nullopt: no such file
  Config config = {};                       ///< of this program, without that drop-in

  [[nodiscard]] const AgentState& of(Agent agent) const {
    return agents[static_cast<std::size_t>(agent)];
  }
};

/// The part of this program's configuration that a migration writes.
inline constexpr std::string_view kMigratedConf =
    "/etc/azl-provision/azl-provision.conf.d/50-migrated.conf";

}  // namespace azl::provision
