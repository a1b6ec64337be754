// Carries out what the migration decided.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/root.h"
#include "provision/image/migrate/migration.h"

namespace azl::provision {

/// What became of one step.
struct MigrationEnd {
  MigrationStep step;
  bool done = false;                ///< false also for a step after one that failed
  std::optional<Error> error = {};  ///< why it could not be done
};

struct MigrationMachine {
  const Root& root;
  Processes& processes;
  Clock& clock;
};

/// Makes the changes in their order, and ends at the first that fails: what comes after it relies
/// on it. Each one is on the disk before the next begins to switch an agent off. Starts and stops
/// no unit. On a live machine calls systemctl; in a tree makes the links.
[[nodiscard]] std::vector<MigrationEnd> carry_out_migration(const MigrationMachine& machine,
                                                            const Deadline& deadline,
                                                            const MigrationFacts& facts,
                                                            const Migration& migration);

}  // namespace azl::provision
