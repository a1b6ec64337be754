// Decides how azl-provision takes over a running VM from another agent. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "provision/image/migrate/agents.h"
#include "provision/image/migrate/key_decisions.h"
#include "provision/record/words.h"

namespace azl::provision {

enum class MigrationAction {
  kWrite,      ///< write a file
  kRecord,     ///< record in state.json that the other agent provisioned this VM
  kEnable,     ///< enable units of this program
  kSwitchOff,  ///< make the file that switches cloud-init off
  kDisable,    ///< disable a unit of another agent
  kEdit        ///< change a line of waagent.conf
};
template <>
inline constexpr std::array<Spelling<MigrationAction>, 6> kSpellings<MigrationAction> = {
    {{MigrationAction::kWrite, "write"},
     {MigrationAction::kRecord, "record"},
     {MigrationAction::kEnable, "enable"},
     {MigrationAction::kSwitchOff, "switch-off"},
     {MigrationAction::kDisable, "disable"},
     {MigrationAction::kEdit, "edit"}}};

/// One change. Those of a migration are made in their order.
struct MigrationStep {
  MigrationAction action = MigrationAction::kWrite;
  std::string what;          ///< a path, or a unit
  std::string why;           ///< a sentence
  std::string content = {};  ///< of kWrite
  bool operator==(const MigrationStep&) const = default;
};

/// Why nothing is done, and the exit status that says so.
struct MigrationRefusal {
  std::string why;  ///< a sentence
  int exit_status = kExitFailed;
};

struct Migration {
  std::optional<MigrationRefusal> refusal = {};
  std::string provisioned_by = {};        ///< the agent that provisioned this VM
  std::vector<KeyOutcome> keys = {};      ///< agent by agent, in the order of their files
  std::vector<MigrationStep> steps = {};  ///< what is still to be done
  std::vector<std::string> unread = {};   ///< what could not be read, a sentence each
  [[nodiscard]] bool has_warnings() const;
};

/// Decides everything. A VM that was migrated before has no steps left.
[[nodiscard]] Migration decide_migration(const MigrationFacts& facts);

}  // namespace azl::provision
