// What the decisions about disks rest on, as plain data.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "disk/block_device.h"
#include "disk/unfinished_work.h"

namespace azl::disk {

/// What is at a mount point.
enum class PointState {
  kFree,         ///< nothing, or an empty directory
  kMounted,      ///< a mount
  kNotEmpty,     ///< a directory with files
  kNoDirectory,  ///< a file, a device
  kLink,         ///< a symbolic link, or there is one on the path
  kClaimed,      ///< nothing, but a line of /etc/fstab that this program did not write is for it
};

/// Where the root file system is.
struct RootFileSystem {
  std::string source = {};  ///< "/dev/sda2", "/dev/mapper/rootvg-rootlv"; empty: not known
  std::string type = {};    ///< "ext4"
};

/// What the plan rests on.
struct DiskFacts {
  std::vector<Disk> disks = {};
  RootFileSystem root = {};
  std::map<std::string, PointState> points = {};  ///< of the mount points in the options
  // Other programs that do the same, a sentence each; empty: there is none.
  std::string other_formatter = {};        ///< of the resource disk
  std::string other_local_formatter = {};  ///< of local disks
  std::string other_grower = {};           ///< of the OS disk
  DiskHistory history = {};
};

/// The disk with this device; null if there is none.
[[nodiscard]] const Disk* find_disk(const DiskFacts& facts, const std::string& device);

/// The name of the array of all local disks: /dev/md/NAME.
inline constexpr std::string_view kArrayName = "azl-local";

}  // namespace azl::disk
