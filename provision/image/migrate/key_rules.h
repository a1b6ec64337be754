// What becomes of each key of another agent's configuration, and of what it left: the tables of
// docs/migrating.md.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/image/migrate/agents.h"

namespace azl::provision {

enum class Fate {
  kBecomes,    ///< a key of azl-provision.conf
  kKept,       ///< stays in effect by itself
  kNotNeeded,  ///< has no effect any more, and needs none
  kLost        ///< nothing does this from now on
};
template <>
inline constexpr std::array<Spelling<Fate>, 4> kSpellings<Fate> = {
    {{Fate::kBecomes, "becomes"},
     {Fate::kKept, "kept"},
     {Fate::kNotNeeded, "not-needed"},
     {Fate::kLost, "lost"}}};

/// A key of an agent's configuration, as it is in effect.
struct AgentSetting {
  std::string key;   ///< "growpart.mode", "ResourceDisk.Format", "ssh.query_sshd_config"
  std::string text;  ///< of WALinuxAgent and azure-init
  const custom_data::YamlNode* node = nullptr;  ///< of cloud-init; the caller keeps the tree
  std::string path = {};                        ///< its file
  int line = 0;                                 ///< from 1
};

/// What is decided for one setting.
struct KeyDecision {
  Fate fate = Fate::kNotNeeded;
  std::string why = {};      ///< a sentence; empty: that of the rule for this fate
  std::string section = {};  ///< of kBecomes: of azl-provision.conf
  std::string key = {};
  std::string value = {};
};

/// One row. `decide` looks at the value; nothing decided, or no `decide`, means `fate`.
struct KeyRule {
  /// A key with its sections; "*" at the end stands for any rest. In brackets: what the agent does
  /// or does not do without a key.
  std::string_view key;
  Fate fate;
  /// The sentence: why it is kept or not needed, what to do about what is lost, or what becomes of
  /// it. For a fate that depends on the value, that of the usual value.
  std::string_view text;
  std::string_view ours = {};  ///< "[Disk] GrowRoot=": what it can become; empty: nothing
  std::vector<KeyDecision> (*decide)(const AgentSetting&, const MigrationFacts&) = nullptr;
  /// "VALUES: SENTENCE" for values that are lost; empty: none is.
  std::string_view lost = {};
};

/// The rules of an agent, in the order of docs/migrating.md.
[[nodiscard]] std::span<const KeyRule> key_rules(Agent agent);
/// Returns the rule of a key: the exact one, else the longest that ends with "*". Null: none.
[[nodiscard]] const KeyRule* find_key_rule(Agent agent, std::string_view key);
/// Whether a rule has a longer key that begins with this one and a dot.
[[nodiscard]] bool has_rules_below(Agent agent, std::string_view key);

/// What an agent left at a path.
struct PathRule {
  Agent agent;
  std::string_view contains;  ///< the file has one of these words, separated by "|"; empty: any
  KeyRule rule;               ///< its key is a path, which may end with a pattern of fnmatch(3)
};
[[nodiscard]] std::span<const PathRule> path_rules();

// Implemented in a file for each agent.
[[nodiscard]] std::span<const KeyRule> cloud_init_rules();
[[nodiscard]] std::span<const KeyRule> waagent_rules();
[[nodiscard]] std::span<const KeyRule> azure_init_rules();

}  // namespace azl::provision
