// How block devices are in use: mounts, swap, and devices that are built on them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "disk/block_device.h"
#include "disk/disk_facts.h"

namespace azl::disk {

/// One line of /proc/self/mountinfo.
struct Mount {
  std::string number = {};  ///< "8:17"; "0:35" if there is no device, and for btrfs
  std::string point = {};   ///< "/mnt"
  std::string type = {};    ///< "ext4"
  std::string source = {};  ///< "/dev/sdb1", "/dev/root", "tmpfs"
  bool operator==(const Mount&) const = default;
};

/// Parses /proc/self/mountinfo, in its order. Skips invalid lines. Pure.
[[nodiscard]] std::vector<Mount> parse_mountinfo(std::string_view text);
/// Parses the devices and files in /proc/swaps. Pure.
[[nodiscard]] std::vector<std::string> parse_swaps(std::string_view text);

/// All uses of block devices.
struct Usage {
  /// A mount, a swap area, or a loop device.
  struct Used {
    std::string number;       ///< as in Mount; empty for others
    std::string name;         ///< as in /sys: "sdb1", "dm-0"; empty: not a device
    std::string point;        ///< of a mount; empty for others
    std::string holder = {};  ///< the loop device, "loop0"; empty for others
  };
  std::vector<Mount> mounts = {};
  std::vector<Used> used = {};
};

/// Reads /proc and /sys. Errors: kIo, on the live system also if /proc is missing.
[[nodiscard]] Result<Usage> read_usage(const Root& root);

/// Reads how a disk or a partition is in use. `directory`: its directory in /sys,
/// "/sys/block/sdb/sdb1", whose last component is its name.
[[nodiscard]] Use read_use(const Root& root, const Usage& usage, const std::string& directory);

/// Finds the names of the whole disks that hold the root file system, also through device mapper
/// and md. Empty if they are not known.
[[nodiscard]] std::set<std::string> find_root_disks(const Root& root, const Usage& usage);

/// Reads where the root file system is: the source of the last mount at "/", with the real name of
/// "/dev/root". Errors: those of read_usage.
[[nodiscard]] Result<RootFileSystem> read_root_file_system(const Root& root);

}  // namespace azl::disk
