// Carries out the item of ntp.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/root.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/system_run.h"

namespace azl::provision::custom_data {

/// Configures chrony or systemd-timesyncd and has it read that, and says what was done. Refuses
/// systemd-timesyncd where chrony is. Errors:
/// kNoTimeClient, kCustomDataTimeServers; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> set_time_servers(const SystemRun& run,
                                                   const SetTimeServers& item);

/// Writes the configuration of a service, with the mode and owner that the file has, and restarts
/// the service. If that fails, the file gets its earlier content back, or is removed if it is new,
/// and the service is restarted once more. Errors: kCustomDataTimeServers; kIo, kDiskFull,
/// kReadOnly.
[[nodiscard]] Result<void> replace_configuration(const Root& root, std::string_view path,
                                                 std::string_view text,
                                                 const std::function<Result<void>()>& restart);

/// The text of chrony.conf with these servers at its end, in the place of its own servers, pools
/// and peers, and of an earlier block of them. Everything else stays, such as the clock of Azure's
/// host. Pure.
[[nodiscard]] std::string chrony_config_with(std::string_view present,
                                             const SetTimeServers& servers);

}  // namespace azl::provision::custom_data
