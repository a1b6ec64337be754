// What is asked of disks: by the configuration, azl-provision.conf(5), [Disk], and by custom data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "disk/disk_wish.h"

namespace azl::disk {

/// What the configuration, or custom data, says of one data disk.
struct DataDisk {
  int lun = -1;                      ///< -1: `device` says which disk is meant
  std::string device = {};           ///< "/dev/sdc": of a disk that is blank
  std::string file_system = "ext4";  ///< "ext4", "xfs", "btrfs"
  std::string label = {};
  std::string mount_point = {};  ///< empty: the disk is not mounted
  std::string options = {};      ///< of the mount, comma-separated
  bool overwrite = false;        ///< formats the disk whatever is on it, unless it is in use
  bool custom_data = false;  ///< custom data says so; the mount is a line in /etc/fstab that stays

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
  /// What custom data says of the resource disk. It goes before the other members, which count
  /// where it says nothing.
  std::optional<DiskWish> resource = {};
  bool resource_is_new = false;  ///< custom data asks for it on this run
  /// Why no disk but the OS disk is touched on this run, a sentence: it is not known yet what
  /// custom data asks for. Empty: it is known.
  std::string undecided = {};

  /// Whether anything is asked for. If not, no disk is read.
  [[nodiscard]] bool any() const;
  bool operator==(const DiskOptions&) const = default;
};

/// Adds what custom data asks for. It goes before what the configuration says of the same disk.
/// `first`: custom data asks for it on this run. Later runs do it again for the resource disk only,
/// which can come back blank. Pure.
[[nodiscard]] DiskOptions with_wishes(DiskOptions options, const std::vector<DiskWish>& wishes,
                                      bool first);

}  // namespace azl::disk
