// The steps that give the machine its names: host name and machine id. Each is idempotent.
#pragma once

#include <string>
#include <string_view>

#include "provision/engine/boot.h"
#include "provision/engine/step_table.h"

namespace azl::provision {

[[nodiscard]] Result<Said> set_early_host_name(Boot& boot);  ///< in the local stage, from media
[[nodiscard]] Result<Said> set_host_name(Boot& boot);
[[nodiscard]] Result<Said> renew_machine_id(Boot& boot);

/// /etc/hosts with "127.0.1.1 NAME" in place of the line that this function wrote before, or added.
/// Pure.
[[nodiscard]] std::string hosts_with(std::string_view present, std::string_view host_name);

}  // namespace azl::provision
