#include "disk/reformat_rules.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "disk/describe.h"

namespace azl::disk {
namespace {

constexpr std::string_view kTemporaryStorage = "Temporary Storage";
constexpr std::string_view kKeyVolume = "BEK VOLUME";
/// The files that Azure writes to a new resource disk.
constexpr std::array kAzureEntries = {"dataloss_warning_readme.txt", "system volume information"};

bool is_azures(const std::string& entry) {
  return std::ranges::find(kAzureEntries, lower(entry)) != kAzureEntries.end();
}

/// The types of the partitions that Windows makes on a GPT: reserved for Windows itself, and basic
/// data. Source: PARTITION_INFORMATION_GPT, learn.microsoft.com/windows/win32/api/winioctl.
constexpr std::string_view kMicrosoftReserved = "e3c9e316-0b5c-4db8-817d-f92df00215ae";
constexpr std::string_view kMicrosoftData = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7";

/// Whether a partition is Microsoft's reserved one, of 16 or 128 MiB, and nobody has written to it.
/// Windows puts it right behind the table, so that it ends at a MiB and may be smaller by the size
/// of the table.
bool is_microsoft_reserved(const Partition& partition) {
  const auto mebibytes = (partition.size + kMiB - 1) / kMiB;
  return partition.type == kMicrosoftReserved && (mebibytes == 16 || mebibytes == 128) &&
         partition.content == Content{} && partition.zeroed;
}

/// The contents of the whole disk and of its partitions.
std::vector<Content> contents(const Disk& disk) {
  std::vector<Content> all = {disk.content};
  for (const auto& partition : disk.partitions) all.push_back(partition.content);
  return all;
}

bool contains(const std::vector<std::string>& uuids, const std::string& uuid) {
  return !uuid.empty() && std::ranges::find(uuids, uuid) != uuids.end();
}

/// Whether a disk has one partition, or a second one for swap, which may be empty.
bool has_swap_at_most(const Disk& disk) {
  if (disk.partitions.size() != 2) return disk.partitions.size() == 1;
  const auto& content = disk.partitions[1].content;
  return content.type == "swap" || content == Content{};
}

/// Whether a partition of this program has no file system or an empty one. If mkfs failed, an
/// administrator may have made the file system by hand.
bool is_unused(const Partition& partition) {
  if (partition.content.unclear || partition.use.any()) return false;
  if (partition.content.type.empty()) return true;
  return partition.entries && std::ranges::all_of(*partition.entries, [](const auto& name) {
           return name == "lost+found";
         });
}

/// The unfinished work on a disk whose layout is as this program made it and that has no file
/// system with files in it; null if there is none.
const UnfinishedWork* find_unfinished_on(const Disk& disk, const DiskHistory& history) {
  if (disk.partitions.empty()) {
    const bool unused = disk.table.empty() && !disk.table_unclear && disk.content.type.empty() &&
                        !disk.content.unclear;
    return disk.kind == DiskKind::kArray && unused ? history.find_unfinished(disk.array_uuid)
                                                   : nullptr;
  }
  const auto& first = disk.partitions.front();
  const bool as_made = disk.table == "gpt" && !disk.table_unclear && !disk.gap_used &&
                       has_swap_at_most(disk) && is_unused(first);
  return as_made ? history.find_unfinished(first.uuid) : nullptr;
}

/// Whether there is a file system where this program makes it.
bool has_file_system(const Disk& disk) {
  return !(disk.partitions.empty() ? disk.content : disk.partitions.front().content).type.empty();
}

/// Whether a partition or an array holds data without a signature.
bool holds_raw_data(const Disk& disk) {
  if (disk.partitions.empty()) return disk.content.type.empty() && !disk.zeroed;
  return std::ranges::any_of(disk.partitions,
                             [](const auto& p) { return p.content.type.empty() && !p.zeroed; });
}

}  // namespace

bool needs_reading(const Disk& disk, const DiskOptions& options, const DiskHistory& history) {
  using Local = DiskOptions::Local;
  switch (disk.kind) {
    case DiskKind::kOs:
      return options.grow && disk.size != history.grown_to;
    case DiskKind::kResource:
      return options.resource_disk && !is_used(disk);
    case DiskKind::kLocal:
      // A running array uses its members, which are recognized by what is on them.
      return options.local_disks == Local::kStripe ||
             (options.local_disks != Local::kNone && !is_used(disk));
    case DiskKind::kData:
      return !is_used(disk) && std::ranges::any_of(options.data, [&](const DataDisk& data) {
        return data.device.empty() ? data.lun == disk.number : data.device == disk.device;
      });
    case DiskKind::kArray:
    case DiskKind::kOther:
      return false;
  }
  return false;
}

bool is_used(const Disk& disk) {
  return disk.use.any() ||
         std::ranges::any_of(disk.partitions, [](const auto& p) { return p.use.any(); });
}

bool is_mounted_only_at(const Disk& disk, const std::string& point) {
  bool mounted = false;
  const auto fits = [&](const Use& use) {
    mounted = mounted || use.mounted_at == std::vector{point};
    return use.holders.empty() && (use.mounted_at.empty() || use.mounted_at == std::vector{point});
  };
  return fits(disk.use) &&
         std::ranges::all_of(disk.partitions, [&](const auto& p) { return fits(p.use); }) &&
         mounted;
}

bool is_blank(const Disk& disk) {
  return disk.error.empty() && disk.table.empty() && !disk.table_unclear &&
         disk.partitions.empty() && disk.content.type.empty() && !disk.content.unclear &&
         disk.zeroed && !disk.gap_used && !disk.use.any();
}

bool is_unchanged(const Disk& before, const Disk& now) {
  const auto same = [](const Partition& a, const Partition& b) {
    return a.number == b.number && a.start == b.start && a.size == b.size && a.uuid == b.uuid &&
           a.type == b.type && a.content == b.content && a.zeroed == b.zeroed;
  };
  return before.size == now.size && before.table == now.table &&
         before.table_uuid == now.table_uuid && before.table_unclear == now.table_unclear &&
         before.content == now.content && before.zeroed == now.zeroed &&
         before.gap_used == now.gap_used &&
         std::ranges::equal(before.partitions, now.partitions, same);
}

bool is_in_our_array(const Disk& disk) {
  const auto& label = disk.content.label;  // "NAME", or "HOST:NAME" as md writes it
  return disk.content.type == "linux_raid_member" &&
         (label == kArrayName || label.ends_with(":" + std::string(kArrayName)));
}

std::optional<FoundFileSystem> find_file_system(const Disk& disk) {
  if (disk.table.empty() && disk.partitions.empty())
    return FoundFileSystem{.content = &disk.content};
  if (disk.table_unclear || disk.partitions.empty()) return std::nullopt;
  const auto& first = disk.partitions.front();
  if (!has_swap_at_most(disk)) return std::nullopt;
  return FoundFileSystem{.partition = first.number, .content = &first.content};
}

std::string why_not_touch(const Disk& disk) {
  if (!disk.error.empty()) return disk.error;
  if (disk.read_only) return "it is read-only";
  for (const auto& content : contents(disk)) {
    if (content.label == kKeyVolume) return "it holds the keys of Azure Disk Encryption";
    if (content.type.starts_with("crypto_") || content.type == "BitLocker")
      return "it is encrypted (" + printable(content.type) + ")";
  }
  return {};
}

std::string why_not_resume(const Disk& disk, const DiskHistory& history) {
  const UnfinishedWork* work = find_unfinished_on(disk, history);
  const bool doubtful =
      work != nullptr && work->failed && !has_file_system(disk) && holds_raw_data(disk);
  return doubtful ? "making its file system failed, and it may hold somebody's data now" : "";
}

std::string why_not_overwrite(const Disk& disk, const DiskHistory& history) {
  if (disk.table_unclear || disk.content.unclear) return "which is not overwritten";
  for (const auto& partition : disk.partitions) {
    if (contains(history.made, partition.uuid) ||
        history.find_unfinished(partition.uuid) != nullptr)
      return "and was made by this program, which never overwrites its own file systems";
    if (history.incomplete)
      return "and this program may have made it: disks.json could not be read";
  }
  return {};
}

bool can_resume(const Disk& disk, const DiskHistory& history) {
  const UnfinishedWork* work = find_unfinished_on(disk, history);
  if (work == nullptr) return false;
  return !work->failed || (!has_file_system(disk) && !holds_raw_data(disk));
}

bool are_azures(const std::vector<std::string>& entries) {
  return std::ranges::all_of(entries, is_azures);
}

const Partition* find_temporary_storage(const Disk& disk) {
  const auto& partitions = disk.partitions;
  if (partitions.size() == 1) return partitions.data();
  const bool reserved = disk.table == "gpt" && partitions.size() == 2 &&
                        is_microsoft_reserved(partitions[0]) &&
                        partitions[1].type == kMicrosoftData;
  return reserved ? &partitions[1] : nullptr;
}

std::pair<bool, std::string> decide_temporary_storage(const Disk& disk, bool trust_label) {
  const Partition* found = find_temporary_storage(disk);
  if (found == nullptr) return {false, describe_content(disk)};
  const auto& partition = *found;
  if (partition.content.type != "ntfs" || partition.content.label != kTemporaryStorage)
    return {false, "its partition has " + describe_content(partition.content)};
  if (disk.gap_used) return {false, "there is data beside its partition"};
  if (!partition.entries) {
    if (!partition.entries_error.empty())
      return {false, "its files cannot be listed: " + partition.entries_error};
    if (trust_label) return {true, "it has Azure's label, which the configuration trusts"};
    return {false,
            "it has Azure's label, but this kernel cannot read NTFS to check that it is empty"};
  }
  for (const auto& entry : *partition.entries) {
    if (!is_azures(entry)) return {false, "somebody has written '" + printable(entry) + "' to it"};
  }
  return {true, "it is as Azure hands it out"};
}

}  // namespace azl::disk
