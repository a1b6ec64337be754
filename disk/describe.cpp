#include "disk/describe.h"

#include "base/text.h"

namespace azl::disk {

std::string partition_name(const Disk& disk, const Partition& partition) {
  return partition.device.empty() ? disk.device + " partition " + std::to_string(partition.number)
                                  : partition.device;
}

std::string describe_content(const Content& content) {
  if (content.unclear) return "signatures that contradict each other";
  if (content.type.empty()) return "no known file system";
  return content.type + (content.label.empty() ? "" : " '" + printable(content.label) + "'");
}

std::string describe_content(const Disk& disk) {
  if (disk.table_unclear) return "its partition table is damaged or not supported";
  if (disk.table.empty()) {
    if (disk.content.type == "linux_raid_member")
      return "it is a member of an array (" + printable(disk.content.label) + ")";
    return "it has " + describe_content(disk.content);
  }
  if (disk.partitions.empty()) return "it has a partition table without partitions";
  if (disk.partitions.size() == 1)
    return "its partition has " + describe_content(disk.partitions[0].content);
  return "it has " + std::to_string(disk.partitions.size()) + " partitions";
}

std::string describe_use(const std::string& device, const Use& use) {
  if (!use.mounted_at.empty())
    return device + " is mounted at " + printable(use.mounted_at.front());
  if (use.swap) return device + " is in use as swap";
  if (!use.holders.empty()) return device + " is part of " + printable(use.holders.front());
  return {};
}

std::string describe_use(const Disk& disk) {
  auto why = describe_use(disk.device, disk.use);
  for (const auto& partition : disk.partitions) {
    if (why.empty()) why = describe_use(partition_name(disk, partition), partition.use);
  }
  return why;
}

}  // namespace azl::disk
