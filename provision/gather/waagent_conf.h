// WALinuxAgent's configuration, /etc/waagent.conf: lines of Key=Value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azl::provision {

inline constexpr std::string_view kWaagentConf = "/etc/waagent.conf";

/// A line that sets a value.
struct WaagentSetting {
  std::string key;    ///< "Provisioning.Agent"
  std::string value;  ///< without quotes, comment and white space around it
  int line = 0;       ///< from 1
  bool operator==(const WaagentSetting&) const = default;
};

/// Returns the settings as WALinuxAgent reads them (azurelinuxagent/common/conf.py), in the order
/// of the lines: a line that begins with "#" is a comment, and "#" ends a value. Of lines with the
/// same key the last one counts, and only that one is returned. Pure; accepts any bytes.
[[nodiscard]] std::vector<WaagentSetting> parse_waagent_conf(std::string_view text);

/// Whether a switch is set to "y" or "Y". False if there is no such line. Pure.
[[nodiscard]] bool has_waagent_switch(std::string_view text, std::string_view key);

/// Replaces the value in each line that sets the key. All other bytes stay. Pure.
[[nodiscard]] std::string with_waagent_value(std::string_view text, std::string_view key,
                                             std::string_view value);

}  // namespace azl::provision
