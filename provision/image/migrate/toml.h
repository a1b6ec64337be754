// Reads the settings of a TOML document: as much of TOML as azure-init's configuration needs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azl::provision {

/// Most bytes of a document that are read.
inline constexpr std::size_t kTomlSize = std::size_t{1} << 20;

struct TomlSetting {
  std::string key;    ///< with its tables: "ssh.query_sshd_config"
  std::string value;  ///< of a string: its text; of anything else: as it is written
  int line = 0;       ///< from 1
  bool operator==(const TomlSetting&) const = default;
};

struct TomlSettings {
  std::vector<TomlSetting> settings;  ///< in the order of the lines
  std::vector<int> unread;            ///< lines that are no TOML, or none that is read here
};

/// Parses tables, strings on one line, numbers, booleans, and arrays on one or more lines, whose
/// text is not taken apart. Strings and inline tables over several lines are not read. Pure;
/// accepts any bytes. Source: TOML 1.0.0, https://toml.io/en/v1.0.0.
[[nodiscard]] TomlSettings parse_toml(std::string_view text);

}  // namespace azl::provision
