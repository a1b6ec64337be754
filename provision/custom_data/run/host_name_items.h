// Carries out the items of hostname, fqdn and manage_etc_hosts.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/system_run.h"

namespace azl::provision::custom_data {

/// Sets the host name, as the main stage sets Azure's, and says what was done. In a root tree only
/// /etc/hostname is written. Errors: kCustomDataHostName; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> set_host_name(const SystemRun& run, const SetHostName& item);

/// Writes /etc/hosts, and says what was done. Errors: kCustomDataHostName if the system has no host
/// name; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> write_hosts(const SystemRun& run, const WriteHosts& item);

/// The names of a machine as a line of /etc/hosts has them: "web.example.org web", "web". Pure.
[[nodiscard]] std::string hosts_names(std::string_view name, std::string_view fqdn);
/// The whole of /etc/hosts, as cloud-init's template has it. Pure.
[[nodiscard]] std::string whole_hosts(std::string_view names);

}  // namespace azl::provision::custom_data
