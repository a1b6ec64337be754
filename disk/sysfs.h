// Block devices by the names that the kernel gives them in /sys and /dev.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/root.h"

namespace azl::disk {

/// What /sys counts sizes and places in, whatever the disk's own sector size.
inline constexpr std::uint64_t kSysfsSector = 512;

/// "/dev/sdb" of "sdb". A '/' of a device's name is a '!' in /sys.
[[nodiscard]] std::string node_of(std::string name);
/// The other way: "sdb" of "/dev/sdb"; empty for what is not below /dev.
[[nodiscard]] std::string name_of(std::string_view node);
/// "/dev/sdb1", "/dev/nvme0n1p1": as the kernel names a partition.
[[nodiscard]] std::string partition_node(std::string_view disk, int number);
/// Disk::sequence of "sdb".
[[nodiscard]] std::uint64_t disk_sequence(const Root& root, const std::string& name);
/// The same of an open block device; 0 also where the kernel tells none.
[[nodiscard]] std::uint64_t disk_sequence(int fd);
/// Where a path leads when the link that it is, and the links that this leads to, are followed; the
/// path itself where it is no link. Nothing of it need be there. Empty: it leads in circles.
[[nodiscard]] std::string follow_links(const Root& root, std::string path);
/// The order in which people count: sdb before sdaa, nvme0n2 before nvme0n10.
[[nodiscard]] bool counts_before(std::string_view a, std::string_view b);

}  // namespace azl::disk
