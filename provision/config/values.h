// What single values of the configuration may be. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "disk/plan/disk_plan.h"

namespace azl::provision {

/// Digits only, at most five of them; -1 for anything else.
[[nodiscard]] int small_number(std::string_view value);
/// A file system's label: at most 12 letters, digits, '.', '-', '_'. mkfs.ext4 takes 16 bytes,
/// mkfs.xfs 12.
[[nodiscard]] bool is_label(std::string_view text);
/// An absolute path below "/", as it would be resolved: no "." or "..", no doubled or last slash.
/// Not a directory of the system's own, such as /home, in which users are made before disks are
/// there.
[[nodiscard]] bool is_mount_point(std::string_view path);
/// What fstab's fourth field can hold; empty too.
[[nodiscard]] bool are_mount_options(std::string_view text);
/// Bytes, with K, M, G or T for powers of 1024, up to 16T; empty for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
/// A time span as systemd.time(7) has it ("5min 20s", "1.5h", "90" = seconds, "infinity"): a year
/// at the most, to which "infinity" is cut. Empty optional for anything else.
[[nodiscard]] std::optional<Duration> parse_time_span(std::string_view text);
/// The words of DataDisk=: "lun=0 fs=xfs mount=/data". What is wrong as the rest of a sentence, or
/// empty.
[[nodiscard]] std::string parse_data_disk(std::string_view text, disk::DataDisk& data);

}  // namespace azl::provision
