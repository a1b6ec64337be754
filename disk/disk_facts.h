// What the decisions about disks rest on, as plain data.
#pragma once

#include <map>
#include <optional>
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

/// The line in /etc/fstab by which cloud-init mounted the resource disk, or the line of this
/// program that has taken its place.
struct ResourceLine {
  std::string device = {};  ///< the resource disk, "/dev/sdb"
  int partition = -1;  ///< that the line mounts; 0: the whole disk; -1: one that does not exist
  /// cloud-init's lines that a line of this program is to replace; empty if it has replaced them.
  std::vector<std::string> replaced = {};
  std::string mount_point = {};
  std::string options = {};  ///< comma-separated, without those that agents add
  /// Type of the disk's file system that is mounted there; empty if none is.
  std::string mounted_type = {};
  /// The mounted file system is NTFS and has only Azure's own files.
  bool mounted_untouched = false;
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
  std::optional<ResourceLine> resource_line = {};
  DiskHistory history = {};
};

/// The disk with this device; null if there is none.
[[nodiscard]] const Disk* find_disk(const DiskFacts& facts, const std::string& device);

/// The name of the array of all local disks: /dev/md/NAME.
inline constexpr std::string_view kArrayName = "azl-local";

}  // namespace azl::disk
