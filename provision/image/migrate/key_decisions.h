// Decides what becomes of each key of the other agents. Pure.
#pragma once

#include <string>
#include <vector>

#include "provision/image/migrate/agents.h"
#include "provision/image/migrate/key_rules.h"

namespace azl::provision {

/// What becomes of one key, or of one thing that an agent left.
struct KeyOutcome {
  Agent agent = Agent::kCloudInit;
  std::string key;
  std::string path = {};  ///< the file that has it; empty: no file has
  int line = 0;           ///< from 1; 0: none
  Fate fate = Fate::kNotNeeded;
  std::string setting = {};  ///< of kBecomes: "[Disk] GrowRoot=no"
  std::string why;           ///< a sentence
  bool operator==(const KeyOutcome&) const = default;
};

struct DecidedKeys {
  std::vector<KeyOutcome> keys = {};     ///< agent by agent, in the order of their files
  std::vector<std::string> unread = {};  ///< files and lines that cannot be read, a sentence each
  std::string configuration = {};        ///< the text of kMigratedConf; empty: nothing is to be set
};

/// Applies the rules of key_rules.h to what is configured. `provisioned_by`: the agent that
/// provisioned this VM. The values of the others count only where it has none.
[[nodiscard]] DecidedKeys decide_keys(const MigrationFacts& facts,
                                      const std::string& provisioned_by);

}  // namespace azl::provision
