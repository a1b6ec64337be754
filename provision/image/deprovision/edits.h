// What deprovision takes out of files that are not this program's. Pure.
#pragma once

#include <string>
#include <string_view>

namespace azl::provision {

/// Removes the lines for disks of this VM from /etc/fstab: those of this program, and those that
/// custom data asked for. All other lines stay byte for byte.
[[nodiscard]] std::string without_fstab_lines(std::string_view fstab);
[[nodiscard]] bool has_fstab_lines(std::string_view fstab);

/// Removes the line of /etc/hosts by which this program resolves the host name.
[[nodiscard]] std::string without_hosts_line(std::string_view hosts);
[[nodiscard]] bool has_hosts_line(std::string_view hosts);

}  // namespace azl::provision
