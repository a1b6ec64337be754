// What custom data asks of a disk.
#pragma once

#include <cstdint>
#include <string>

namespace azl::disk {

/// Which disk is meant.
struct DiskTarget {
  enum class Kind : std::uint8_t {
    kResource,  ///< Azure's resource disk
    kLun,       ///< the data disk with this LUN
    kDevice,    ///< the kernel's name, which may be another disk's on the next boot
  };
  Kind kind = Kind::kResource;
  int lun = -1;             ///< of kLun: 0 to 63
  std::string device = {};  ///< of kDevice, a whole disk: "/dev/sdc"

  bool operator==(const DiskTarget&) const = default;
};

/// How a disk is to be used. Text that is empty was not given.
struct DiskWish {
  DiskTarget target = {};
  /// The disk gets a file system and is mounted. Only the resource disk can have false: nothing is
  /// done with it.
  bool use = true;
  std::string file_system = {};  ///< "ext4", "xfs", "btrfs"; empty: the default of the disk's kind
  std::string label = {};        ///< of the file system: disk_words.h, is_label()
  std::string mount_point = {};  ///< disk_words.h, is_mount_point()
  std::string mount_options = {};  ///< comma-separated
  /// Formats a data disk that has other content, within the limits of docs/disks.md.
  bool overwrite = false;
  /// Only the resource disk can have swap. The size of its swap partition, in percent of the disk.
  /// 0: it has no swap partition.
  unsigned swap_percent = 0;
  /// The size of its swap file, in bytes. 0: it has no swap file.
  std::uint64_t swap_file = 0;

  bool operator==(const DiskWish&) const = default;
};

}  // namespace azl::disk
