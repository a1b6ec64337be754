// Finds what other agents are configured for, and what they left.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.h"
#include "imds/identity.h"
#include "provision/image/migrate/migration.h"

namespace azl::provision {

struct GatheredMigration {
  MigrationFacts facts;
  std::vector<std::string> unread = {};  ///< files that exist and cannot be read, a sentence each
};

/// Units of this program that `systemctl preset` enables.
inline constexpr std::array<std::string_view, 2> kEnabledUnits = {
    "azl-provision.target", "azl-provision-custom-data.service"};

/// Reads the machine or the tree. Changes nothing.
[[nodiscard]] GatheredMigration gather_migration(const Root& root, const imds::Identity& identity);

}  // namespace azl::provision
