// The keys of azl-provision.conf: which values each takes, and what it sets.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "provision/config/config.h"

namespace azl::provision {

struct ConfigKey {
  std::string_view section;
  std::string_view name;
  /// Sets the value and returns an empty text. For an invalid value changes nothing and returns
  /// what is wrong, as the end of "KEY=VALUE …". Pure.
  std::string (*set)(Config&, std::string_view);
  std::string_view default_value = {};  ///< set() with it changes nothing in a new Config
  bool accumulates = false;             ///< each line adds a value, and an empty one removes all
};

/// Returns null if the section has no such key.
[[nodiscard]] const ConfigKey* find_config_key(std::string_view section, std::string_view name);
/// Returns all keys, in the order of azl-provision.conf(5): those of a section stand together.
[[nodiscard]] std::span<const ConfigKey> config_keys();
/// Returns the names of all sections.
[[nodiscard]] std::vector<std::string_view> config_sections();
[[nodiscard]] bool is_config_section(std::string_view name);
/// Returns the names of a section's keys.
[[nodiscard]] std::vector<std::string_view> config_key_names(std::string_view section);

}  // namespace azl::provision
