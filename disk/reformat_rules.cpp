#include "disk/reformat_rules.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace azl::disk {
namespace {

constexpr std::string_view kTemporaryStorage = "Temporary Storage";
constexpr std::string_view kKeyVolume = "BEK VOLUME";
/// What Azure itself leaves in a new resource disk.
constexpr std::array kAzuresEntries = {"dataloss_warning_readme.txt", "system volume information"};

/// Every content of a disk, its own and its partitions'.
std::vector<Content> contents(const Disk& disk) {
  std::vector<Content> all = {disk.content};
  for (const auto& partition : disk.partitions) all.push_back(partition.content);
  return all;
}

bool contains(const std::vector<std::string>& uuids, const std::string& uuid) {
  return !uuid.empty() && std::ranges::find(uuids, uuid) != uuids.end();
}

/// Whether there is nothing beside the first partition, or one for swap, whether that is made or
/// not.
bool has_swap_at_most(const Disk& disk) {
  if (disk.partitions.size() != 2) return disk.partitions.size() == 1;
  const auto& content = disk.partitions[1].content;
  return content.type == "swap" || content == Content{};
}

/// Whether there is no file system in a partition that this program made, or an empty one. Somebody
/// may have ended by hand what a tool did not.
bool is_unused(const Partition& partition) {
  if (partition.content.unclear || partition.use.any()) return false;
  if (partition.content.type.empty()) return true;
  return partition.entries && std::ranges::all_of(*partition.entries, [](const auto& name) {
           return name == "lost+found";
         });
}

/// What this program began on a disk that has just what it made, and no file system with files in
/// it; null: nothing.
const Making* begun_on(const Disk& disk, const DiskMemory& memory) {
  if (disk.partitions.empty()) {
    const bool unused = disk.table.empty() && !disk.table_unclear && disk.content.type.empty() &&
                        !disk.content.unclear;
    return disk.kind == DiskKind::kArray && unused ? memory.find(disk.array_uuid) : nullptr;
  }
  const auto& first = disk.partitions.front();
  const bool as_made = disk.table == "gpt" && !disk.table_unclear && !disk.gap_used &&
                       has_swap_at_most(disk) && is_unused(first);
  return as_made ? memory.find(first.uuid) : nullptr;
}

/// Whether there is a file system where this program would have made it.
bool has_file_system(const Disk& disk) {
  return !(disk.partitions.empty() ? disk.content : disk.partitions.front().content).type.empty();
}

/// Whether there is something in a partition, or on an array, that has no signature.
bool holds_raw_data(const Disk& disk) {
  if (disk.partitions.empty()) return disk.content.type.empty() && !disk.zeroed;
  return std::ranges::any_of(disk.partitions,
                             [](const auto& p) { return p.content.type.empty() && !p.zeroed; });
}

}  // namespace

std::string name_of(const Disk& disk, const Partition& partition) {
  return partition.device.empty() ? disk.device + " partition " + std::to_string(partition.number)
                                  : partition.device;
}

std::string shown(const Content& content) {
  if (content.unclear) return "signatures that contradict each other";
  if (content.type.empty()) return "no file system known here";
  return content.type + (content.label.empty() ? "" : " '" + printable(content.label) + "'");
}

std::string told_use(const std::string& device, const Use& use) {
  if (!use.mounted_at.empty())
    return device + " is mounted at " + printable(use.mounted_at.front());
  if (use.swap) return device + " is swapped to";
  if (!use.holders.empty()) return device + " is part of " + printable(use.holders.front());
  return {};
}

std::string told_use(const Disk& disk) {
  auto why = told_use(disk.device, disk.use);
  for (const auto& partition : disk.partitions) {
    if (why.empty()) why = told_use(name_of(disk, partition), partition.use);
  }
  return why;
}

std::string find_obstacle(const Disk& disk) {
  if (!disk.error.empty()) return disk.error;
  if (disk.read_only) return "it is read-only";
  for (const auto& content : contents(disk)) {
    if (content.label == kKeyVolume) return "it holds the keys of Azure Disk Encryption";
    if (content.type.starts_with("crypto_") || content.type == "BitLocker")
      return "it is encrypted (" + printable(content.type) + ")";
  }
  return {};
}

bool was_begun(const Disk& disk, const DiskMemory& memory) {
  const Making* making = begun_on(disk, memory);
  if (making == nullptr) return false;
  return !making->failed || (!has_file_system(disk) && !holds_raw_data(disk));
}

std::string find_doubt(const Disk& disk, const DiskMemory& memory) {
  const Making* making = begun_on(disk, memory);
  const bool doubtful =
      making != nullptr && making->failed && !has_file_system(disk) && holds_raw_data(disk);
  return doubtful ? "making its file system failed, and what is on it now may be somebody's" : "";
}

std::string find_overwrite_obstacle(const Disk& disk, const DiskMemory& memory) {
  if (disk.table_unclear || disk.content.unclear) return "which is not overwritten";
  for (const auto& partition : disk.partitions) {
    if (contains(memory.made, partition.uuid) || memory.find(partition.uuid) != nullptr)
      return "and was made by this program, which never overwrites that";
    if (memory.lost) return "and may be made by this program: disks.json could not be read";
  }
  return {};
}

bool is_in_place(const Disk& disk, const std::string& point) {
  bool mounted = false;
  const auto fits = [&](const Use& use) {
    mounted = mounted || use.mounted_at == std::vector{point};
    return use.holders.empty() && (use.mounted_at.empty() || use.mounted_at == std::vector{point});
  };
  return fits(disk.use) &&
         std::ranges::all_of(disk.partitions, [&](const auto& p) { return fits(p.use); }) &&
         mounted;
}

std::pair<bool, std::string> judge_temporary_storage(const Disk& disk, bool trust_label) {
  if (disk.partitions.size() != 1)
    return {false, "it has " + std::to_string(disk.partitions.size()) + " partitions"};
  const auto& partition = disk.partitions.front();
  if (partition.content.type != "ntfs" || partition.content.label != kTemporaryStorage)
    return {false, "its partition has " + shown(partition.content)};
  if (disk.gap_used) return {false, "there is data beside its partition"};
  if (!partition.entries) {
    if (!partition.entries_error.empty())
      return {false, "it can't be looked into: " + partition.entries_error};
    if (trust_label) return {true, "it has Azure's label, which the configuration trusts"};
    return {false,
            "it has Azure's label, but this kernel can't read NTFS to see whether it is empty"};
  }
  for (const auto& entry : *partition.entries) {
    if (std::ranges::find(kAzuresEntries, lower(entry)) == kAzuresEntries.end())
      return {false, "somebody has written '" + printable(entry) + "' to it"};
  }
  return {true, "it is as Azure hands it out"};
}

std::optional<Found> find_file_system(const Disk& disk) {
  if (disk.table.empty() && disk.partitions.empty()) return Found{.content = &disk.content};
  if (disk.table_unclear || disk.partitions.empty()) return std::nullopt;
  const auto& first = disk.partitions.front();
  if (!has_swap_at_most(disk)) return std::nullopt;
  return Found{.partition = first.number, .content = &first.content};
}

std::string told_content(const Disk& disk) {
  if (disk.table_unclear)
    return "its partition table is damaged, or one that is not understood here";
  if (disk.table.empty()) {
    if (disk.content.type == "linux_raid_member")
      return "it is a member of an array (" + printable(disk.content.label) + ")";
    return "it has " + shown(disk.content);
  }
  if (disk.partitions.empty()) return "it has an empty partition table of somebody's";
  if (disk.partitions.size() == 1) return "its partition has " + shown(disk.partitions[0].content);
  return "it has " + std::to_string(disk.partitions.size()) + " partitions";
}

bool is_member_of_ours(const Disk& disk) {
  const auto& label = disk.content.label;
  return disk.content.type == "linux_raid_member" &&
         (label == kArrayName || label.ends_with(":" + std::string(kArrayName)));
}

bool is_used(const Disk& disk) {
  return disk.use.any() ||
         std::ranges::any_of(disk.partitions, [](const auto& p) { return p.use.any(); });
}

bool asks_for_content(const Disk& disk, const DiskOptions& options, const DiskMemory& memory) {
  using Local = DiskOptions::Local;
  switch (disk.kind) {
    case DiskKind::kOs:
      return options.grow && disk.size != memory.grown_to;
    case DiskKind::kResource:
      return options.resource_disk && !is_used(disk);
    case DiskKind::kLocal:
      // A member of an array that runs is in use by it, and known by what is on it.
      return options.local_disks == Local::kStripe ||
             (options.local_disks != Local::kNone && !is_used(disk));
    case DiskKind::kData:
      return !is_used(disk) &&
             std::ranges::find(options.data, disk.number, &DataDisk::lun) != options.data.end();
    case DiskKind::kArray:
    case DiskKind::kOther:
      return false;
  }
  return false;
}

bool is_unchanged(const Disk& before, const Disk& now) {
  const auto same = [](const Partition& a, const Partition& b) {
    return a.number == b.number && a.start == b.start && a.size == b.size && a.uuid == b.uuid &&
           a.content == b.content && a.zeroed == b.zeroed;
  };
  return before.size == now.size && before.table == now.table &&
         before.table_uuid == now.table_uuid && before.table_unclear == now.table_unclear &&
         before.content == now.content && before.zeroed == now.zeroed &&
         before.gap_used == now.gap_used &&
         std::ranges::equal(before.partitions, now.partitions, same);
}

bool is_blank(const Disk& disk) {
  return disk.error.empty() && disk.table.empty() && !disk.table_unclear &&
         disk.partitions.empty() && disk.content.type.empty() && !disk.content.unclear &&
         disk.zeroed && !disk.gap_used && !disk.use.any();
}

}  // namespace azl::disk
