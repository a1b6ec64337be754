// When systemd reached the parts of a boot.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace azl::provision {

/// When a unit was started, in microseconds of CLOCK_MONOTONIC. Absent: it was not.
struct UnitTimes {
  std::string unit;
  std::optional<std::int64_t> started = {};  ///< InactiveExitTimestampMonotonic
  std::optional<std::int64_t> active = {};   ///< ActiveEnterTimestampMonotonic
  bool operator==(const UnitTimes&) const = default;
};

/// The times of the running boot, in microseconds of CLOCK_MONOTONIC, which the kernel's start is
/// the zero of. Source: org.freedesktop.systemd1(5).
struct SystemTimes {
  std::optional<std::int64_t> initrd = {};     ///< InitRDTimestampMonotonic; absent: no initrd
  std::optional<std::int64_t> userspace = {};  ///< UserspaceTimestampMonotonic
  std::vector<UnitTimes> units = {};
  bool operator==(const SystemTimes&) const = default;
};

/// The units that a picture of a boot shows, if the system has them. sshd's unit is ssh.service on
/// Debian, and sshd.service elsewhere.
inline constexpr auto kShownUnits = std::to_array<std::string_view>(
    {"systemd-udevd.service", "systemd-udev-trigger.service", "systemd-udev-settle.service",
     "systemd-networkd.service", "dbus.service", "ssh.service", "sshd.service",
     "multi-user.target"});

/// Parses the document that to_json() writes. Unknown members are ignored. A time is a whole number
/// from 1 to 2^52, or absent; at most 64 units. Errors: kInvalidInput. Pure.
[[nodiscard]] Result<SystemTimes> parse_system_times(std::string_view json);
/// Returns the times as JSON, for tests and for pictures of other machines:
/// {"userspace_us": 1, "units": [{"unit": "ssh.service", "started_us": 2, "active_us": 3}]}.
[[nodiscard]] std::string to_json(const SystemTimes& times);

}  // namespace azl::provision
