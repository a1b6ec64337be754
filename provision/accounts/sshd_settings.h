// The settings in sshd's configuration files, in the order in which sshd reads them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.h"

namespace azl::provision {

/// One setting. Source: /etc/ssh/sshd_config and what it includes.
struct SshdSetting {
  std::string file;     ///< path below the root
  int line = 0;         ///< from 1
  std::string keyword;  ///< in lower case
  std::vector<std::string> arguments;
  std::string match = {};  ///< criteria of its Match block, "Group wheel"; empty outside of any
  std::string match_file = {};
  int match_line = 0;
};

/// Reads the settings, with those of included files in their places. Skips what sshd could not read
/// either, and what is not a regular file. Reads at most 256 files with 1 MiB together,
/// 20,000 settings, and includes in 16 levels.
[[nodiscard]] std::vector<SshdSetting> read_sshd_settings(const Root& root);

/// Returns "line 3 of /etc/ssh/sshd_config", for messages.
[[nodiscard]] std::string describe_place(const SshdSetting& setting);

/// Returns the setting that gives a keyword (in lower case; or one of its other names) a value that
/// `is_value` accepts, or null. That is the first one outside Match blocks, because sshd uses the
/// first value. If `is_value` rejects it, a Match block overrules it: returns the first one in a
/// Match block that `is_value` accepts.
[[nodiscard]] const SshdSetting* find_setting(
    std::span<const SshdSetting> settings, std::span<const std::string_view> keywords,
    const std::function<bool(const std::vector<std::string>&)>& is_value);

}  // namespace azl::provision
