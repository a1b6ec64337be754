// The keys of azl-provision.conf: what each may be, and what it sets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provision/config/config.h"

namespace azl::provision {

struct ConfigKey {
  std::string_view section;
  std::string_view name;
  /// Takes a value, or leaves the configuration as it is and returns why, as the end of "KEY= …";
  /// empty: taken. Pure.
  std::string (*set)(Config&, std::string_view);
};

/// Null: there is none of that name in that section.
[[nodiscard]] const ConfigKey* find_config_key(std::string_view section, std::string_view name);
/// Every key as "[Section] Key", for the documentation's test.
[[nodiscard]] std::vector<std::string> config_keys();

}  // namespace azl::provision
