// Names of disks and partitions in cloud-config.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "disk/disk_wish.h"

namespace azl::provision::custom_data {

/// A disk that azl-provision can set up, or a partition of it.
struct DiskName {
  disk::DiskTarget target = {};
  std::string disk = {};   ///< the path of the whole disk, below /dev
  unsigned partition = 0;  ///< 1 to 128; 0: the whole disk

  bool operator==(const DiskName&) const = default;
};

/// Parses cloud-init's "ephemeral0", the links to Azure's disks in /dev/disk, and the kernel's
/// names of disks, as "/dev/sdc" or "sdc". A partition is "-part1" after a link, "1" or "p1" after
/// a kernel's name, or ".1" after each of them. Returns nullopt for anything else, such as a label.
[[nodiscard]] std::optional<DiskName> parse_disk_name(std::string_view name);

/// The path of the disk or the partition: "/dev/disk/azure/scsi1/lun0-part1", "/dev/nvme0n2p1".
[[nodiscard]] std::string make_device_path(const DiskName& name);

/// For people: "the resource disk", "LUN 0", "/dev/sdc".
[[nodiscard]] std::string describe_target(const disk::DiskTarget& target);

/// Splits "data.1" into "data" and ".1". The second is empty if no number follows the last dot.
struct DottedName {
  std::string_view name;
  std::string_view suffix;
};
[[nodiscard]] DottedName split_dotted_name(std::string_view name);

}  // namespace azl::provision::custom_data
