// What the configuration says of disks: azl-provision.conf(5), [Disk].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace azl::disk {

/// What the configuration says of one data disk.
struct DataDisk {
  int lun = -1;
  std::string file_system = "ext4";  ///< "ext4", "xfs", "btrfs"
  std::string label = {};
  std::string mount_point = {};  ///< empty: the disk is not mounted
  std::string options = {};      ///< of the mount, comma-separated
  bool overwrite = false;        ///< formats the disk whatever is on it, unless it is in use

  bool operator==(const DataDisk&) const = default;
};

struct DiskOptions {
  enum class Local { kNone, kFirst, kEach, kStripe };
  enum class Mounts { kUnit, kFstab };
  enum class Swap { kNone, kFile, kPartition };
  bool grow = true;           ///< grows the OS disk's last partition
  bool resource_disk = true;  ///< formats the resource disk if it is empty, and mounts it
  Local local_disks = Local::kNone;
  std::string file_system = "ext4";  ///< of ephemeral disks: "ext4", "xfs"
  std::string label = "ephemeral";
  std::string mount_point = "/mnt";  ///< of the resource disk
  /// Of the first local disk, or of the array. With kEach the directory of the mount points:
  /// "/local/1".
  std::string local_mount_point = "/local";
  std::string mount_options = {};  ///< in addition to nofail, comma-separated
  Mounts mounts = Mounts::kUnit;
  bool warning_file = true;               ///< writes DATALOSS_WARNING_README.txt
  Swap swap = Swap::kNone;                ///< on the resource disk, otherwise the first local one
  std::uint64_t swap_size = 2ULL << 30U;  ///< bytes
  /// Takes a disk with Azure's label as empty if this kernel cannot read its NTFS.
  bool trust_label = false;
  /// Models of NVMe disks that are local ones, in addition to Azure's.
  std::vector<std::string> local_models = {};
  std::vector<DataDisk> data = {};

  /// Whether anything is asked for. If not, no disk is read.
  [[nodiscard]] bool any() const;
  bool operator==(const DiskOptions&) const = default;
};

}  // namespace azl::disk
