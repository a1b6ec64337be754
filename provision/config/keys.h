// The keys of azl-provision.conf: which values each takes, and what it sets.
#pragma once

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
};

/// Returns null if the section has no such key.
[[nodiscard]] const ConfigKey* find_config_key(std::string_view section, std::string_view name);
/// Returns every key as "[Section] Key", for the test of the documents.
[[nodiscard]] std::vector<std::string> config_keys();

}  // namespace azl::provision
