// Who uses block devices: mounts, swap, and the devices that are built on them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "disk/block_device.h"
#include "disk/plan/disk_plan.h"

namespace azl::disk {

/// One line of /proc/self/mountinfo.
struct Mount {
  std::string number = {};  ///< "8:17"; "0:35" of what has no device, and of btrfs
  std::string point = {};   ///< "/mnt"
  std::string type = {};    ///< "ext4"
  std::string source = {};  ///< "/dev/sdb1", "/dev/root", "tmpfs"
  bool operator==(const Mount&) const = default;
};

/// Pure. The order is that of the mounts; what is no line of a mount is left out.
[[nodiscard]] std::vector<Mount> parse_mountinfo(std::string_view text);
/// The devices and files of /proc/swaps. Pure.
[[nodiscard]] std::vector<std::string> parse_swaps(std::string_view text);

/// What is mounted and swapped to, with each source's name as /sys has it: "sdb1", "dm-0".
struct Usage {
  struct Used {
    std::string number;       ///< as in Mount; empty for swap
    std::string name;         ///< empty: the source is no device
    std::string point;        ///< empty for swap
    std::string holder = {};  ///< "loop0": the device that is set up on it, with neither of both
  };
  std::vector<Mount> mounts = {};
  std::vector<Used> used = {};
};

/// Errors: kIo; on the live system also when there is no /proc.
[[nodiscard]] Result<Usage> read_usage(const Root& root);

/// Who uses a disk or a partition. `directory` is its own below /sys, e.g. "/sys/block/sdb/sdb1";
/// its name is the last part.
[[nodiscard]] Use read_use(const Root& root, const Usage& usage, const std::string& directory);

/// The whole disks that the root file system lies on, by name; through the slaves of device mapper
/// and md. Empty: not known.
[[nodiscard]] std::set<std::string> find_root_disks(const Root& root, const Usage& usage);

/// Where the root file system is: the last mount at "/". "/dev/root" is told by its real name.
/// Errors: those of read_usage.
[[nodiscard]] Result<RootFileSystem> read_root_file_system(const Root& root);

}  // namespace azl::disk
