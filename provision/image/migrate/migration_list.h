// The migration for people and for programs: docs/migrate-schema.json.
#pragma once

#include <string>
#include <vector>

#include "provision/image/migrate/carry_out.h"
#include "provision/image/migrate/migration.h"

namespace azl::provision {

/// One run of migrate.
struct MigrationReport {
  std::string root;  ///< "/" or the tree
  bool dry_run = false;
  std::string vm_id;
  Migration migration = {};
  std::vector<MigrationEnd> ends = {};  ///< of a dry run: of no step
  [[nodiscard]] bool has_failed() const;
  /// Of what was done; a dry run ends with 0, and so does a VM that was migrated before.
  [[nodiscard]] int exit_status() const;
};

/// What becomes of each key, a line each, and then what is done, a line each.
[[nodiscard]] std::string describe_migration(const MigrationReport& report);
/// What was done, and what comes next: a sentence or more. Empty for a dry run with steps.
[[nodiscard]] std::string describe_end(const MigrationReport& report);
[[nodiscard]] std::string to_json(const MigrationReport& report);

}  // namespace azl::provision
