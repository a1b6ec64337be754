// Block devices by their names in /sys and /dev.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/root.h"

namespace azl::disk {

/// The unit of sizes and offsets in /sys, whatever the disk's sector size is.
inline constexpr std::uint64_t kSysfsSector = 512;

/// "/dev/sdb" of "sdb". A '/' in a device's name is a '!' in /sys.
[[nodiscard]] std::string node_of(std::string name);
/// "sdb" of "/dev/sdb"; empty if the path is not below /dev.
[[nodiscard]] std::string name_of(std::string_view node);
/// The device of a partition as the kernel names it: "/dev/sdb1", "/dev/nvme0n1p1".
[[nodiscard]] std::string partition_node(std::string_view disk, int number);
/// Disk::sequence of "sdb".
[[nodiscard]] std::uint64_t disk_sequence(const Root& root, const std::string& name);
/// The same of an open block device. 0 if the kernel has no sequence numbers.
[[nodiscard]] std::uint64_t disk_sequence(int fd);
/// Follows a symbolic link, and its target if that is a link too. Returns the path itself if it is
/// not a link; the result may not exist. Empty if there is a loop.
[[nodiscard]] std::string follow_links(const Root& root, std::string path);
/// Compares names in natural order: sdb before sdaa, nvme0n2 before nvme0n10.
[[nodiscard]] bool counts_before(std::string_view a, std::string_view b);

}  // namespace azl::disk
