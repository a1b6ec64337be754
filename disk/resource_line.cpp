#include "disk/resource_line.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/sysfs.h"
#include "base/text.h"
#include "disk/fstab.h"
#include "disk/reformat_rules.h"
#include "disk/sysfs.h"
#include "disk/usage.h"

namespace azl::disk {
namespace {

/// The links to the resource disk that the udev rules of cloud-init and azure-vm-utils make. Links
/// to its partitions end with "-partN".
constexpr std::array<std::string_view, 2> kNames{"/dev/disk/cloud/azure_resource",
                                                 "/dev/disk/azure/resource"};
constexpr int kMostPartitions = 128;

const Disk* find_resource_disk(const std::vector<Disk>& disks) {
  const auto is_resource = [](const Disk& disk) { return disk.kind == DiskKind::kResource; };
  if (std::ranges::count_if(disks, is_resource) != 1) return nullptr;
  return &*std::ranges::find_if(disks, is_resource);
}

/// The partition whose kernel name this is; 0: the whole disk.
std::optional<int> find_by_node(const std::string& node, const Disk& disk) {
  if (node == disk.device) return 0;
  for (int number = 1; number <= kMostPartitions; ++number) {
    if (node == partition_node(disk.device, number)) return number;
  }
  return std::nullopt;
}

std::optional<int> find_by_rule(std::string_view name) {
  for (const auto known : kNames) {
    if (!name.starts_with(known)) continue;
    const auto rest = name.substr(known.size());
    if (rest.empty()) return 0;
    const auto number = rest.starts_with("-part") ? parse_number(rest.substr(5)) : std::nullopt;
    if (number && *number > 0 && *number <= kMostPartitions) return static_cast<int>(*number);
  }
  return std::nullopt;
}

/// udev has no link for a file system whose UUID another device has, too.
std::optional<int> find_by_content(std::string_view name, const Disk& disk) {
  const auto is = [&](std::string_view directory, const std::string& value) {
    return !value.empty() && name == std::string(directory) + value;
  };
  const auto has = [&](const Content& content) {
    return is("/dev/disk/by-uuid/", lower(content.uuid)) ||
           is("/dev/disk/by-label/", content.label);
  };
  if (has(disk.content)) return 0;
  for (const auto& each : disk.partitions) {
    if (has(each.content) || is("/dev/disk/by-partuuid/", lower(each.uuid))) return each.number;
  }
  return std::nullopt;
}

/// The partition of the disk that a line's device is; nullopt if it is not on the disk.
std::optional<int> find_partition(const Root& root, const std::string& device, const Disk& disk) {
  if (root.link_target(device)) return find_by_node(follow_links(root, device), disk);
  if (const auto found = find_by_rule(device)) return found;
  if (const auto found = find_by_content(device, disk)) return found;
  return find_by_node(device, disk);
}

/// Finds what of the disk is mounted at the line's mount point.
void find_mounted(const Root& root, const Disk& disk, ResourceLine& line) {
  const auto& point = line.mount_point;
  const auto at_point = [&](const Use& use) {
    return std::ranges::find(use.mounted_at, point) != use.mounted_at.end();
  };
  if (!at_point(disk.use) &&
      std::ranges::none_of(disk.partitions, [&](const auto& each) { return at_point(each.use); }))
    return;
  const auto usage = read_usage(root);
  if (!usage) return;
  const auto found =
      std::ranges::find(usage->mounts.rbegin(), usage->mounts.rend(), point, &Mount::point);
  if (found == usage->mounts.rend()) return;
  line.mounted_type = found->type;
  // The kernel's drivers, and that of FUSE.
  constexpr std::array<std::string_view, 3> kNtfsTypes{"ntfs", "ntfs3", "fuseblk"};
  const auto names = root.list(point);
  line.mounted_untouched =
      std::ranges::find(kNtfsTypes, found->type) != kNtfsTypes.end() && names && are_azures(*names);
}

}  // namespace

std::optional<ResourceLine> find_resource_line(const Root& root, std::string_view fstab,
                                               const std::vector<Disk>& disks,
                                               const std::string& point) {
  const Disk* disk = find_resource_disk(disks);
  std::optional<ResourceLine> found;
  for (auto& line : find_agent_lines(fstab)) {
    const auto partition =
        disk == nullptr ? std::nullopt : find_partition(root, line.device, *disk);
    const bool stable = line.device.starts_with("/dev/disk/") || line.mount_point == point;
    if (!line.ours && (!partition || !stable)) continue;
    // cloud-init may have written its line again after this program had replaced it.
    if (!found || (found->replaced.empty() && !line.ours))
      found = ResourceLine{.device = disk == nullptr ? std::string() : disk->device,
                           .partition = partition.value_or(-1),
                           .mount_point = line.mount_point,
                           .options = line.options};
    if (!line.ours) found->replaced.push_back(line.text);
  }
  if (!found) return std::nullopt;
  const auto others = without_lines(fstab, found->replaced);
  if (is_claimed(others, found->mount_point)) return std::nullopt;
  if (disk != nullptr) find_mounted(root, *disk, *found);
  return found;
}

}  // namespace azl::disk
