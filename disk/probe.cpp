#include "disk/probe.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <blkid/blkid.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "disk/signatures.h"
#include "disk/sysfs.h"
#include "disk/table/gpt.h"
#include "disk/table/raw_disk.h"

namespace azl::disk {

namespace {

using Probe = Handle<blkid_struct_probe, blkid_free_probe>;

/// A probe for an area of the disk; null if libblkid does not accept it.
Probe make_probe(const RawDisk& disk, Area area) {
  Probe probe(blkid_new_probe());
  const bool accepted =
      probe && area.begin < area.end && area.end <= disk.size() &&
      blkid_probe_set_device(probe.get(), disk.fd(), static_cast<blkid_loff_t>(area.begin),
                             static_cast<blkid_loff_t>(area.end - area.begin)) == 0;
  return accepted ? std::move(probe) : Probe();
}

std::string text(const char* value) { return value == nullptr ? std::string() : value; }

std::string value_of(const Probe& probe, const char* name) {
  const char* value = nullptr;
  return blkid_probe_lookup_value(probe.get(), name, &value, nullptr) == 0 ? text(value)
                                                                           : std::string();
}

/// Skips ZFS, whose labels are only in the first and the last MiB, if both are known to be zero.
/// libblkid would read 1 MiB for them, which is half the cost of probing a blank disk.
void skip_zfs(const Probe& probe) {
  std::string zfs = "zfs_member";
  std::array<char*, 2> names = {zfs.data(), nullptr};
  blkid_probe_filter_superblocks_type(probe.get(), BLKID_FLTR_NOTIN, names.data());
}

/// Reads the signature in an area, including RAID, LUKS and swap. `edges_zero`: the first and the
/// last MiB are known to be zero.
Content read_content(const RawDisk& disk, Area area, bool edges_zero) {
  const Probe probe = make_probe(disk, area);
  if (!probe) return {.unclear = true};
  blkid_probe_enable_superblocks(probe.get(), 1);
  if (edges_zero) skip_zfs(probe);
  blkid_probe_set_superblocks_flags(probe.get(),
                                    BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
  const int result = blkid_do_safeprobe(probe.get());
  if (result == 1) return {};
  if (result != 0) return {.unclear = true};  // -2: signatures contradict each other
  Content content{.type = value_of(probe, "TYPE"),
                  .label = value_of(probe, "LABEL"),
                  .uuid = value_of(probe, "UUID")};
  if (is_unfinished(disk.fd(), area.begin, content.type)) return {};
  content.unclear = content.type.empty();
  return content;
}

/// Converts libblkid's sectors of 512 bytes. The limit avoids an overflow and is larger than any
/// disk.
std::uint64_t bytes_of(blkid_loff_t sectors) {
  constexpr std::uint64_t kMax = std::uint64_t{1} << 53U;
  const auto count = static_cast<std::uint64_t>(sectors);
  return std::min(count, kMax) * kSysfsSector;
}

/// A partition table as libblkid sees it.
struct Table {
  std::string type;
  std::string uuid;
  std::vector<Partition> partitions;
  std::vector<Area> without_content;  ///< extended partitions
  bool unclear;                       ///< an unsupported kind, nested tables, or logical partitions
};

void add_partition(blkid_partition each, blkid_parttable of, Table& table) {
  const Partition partition{.number = blkid_partition_get_partno(each),
                            .start = bytes_of(blkid_partition_get_start(each)),
                            .size = bytes_of(blkid_partition_get_size(each)),
                            .uuid = text(blkid_partition_get_uuid(each)),
                            .type = lower(text(blkid_partition_get_type_string(each)))};
  const bool extended = blkid_partition_is_extended(each) != 0;
  table.unclear = table.unclear || extended || blkid_partition_is_logical(each) != 0 ||
                  blkid_partition_get_table(each) != of;
  if (extended) {
    table.without_content.push_back({partition.start, partition.start + partition.size});
  }
  table.partitions.push_back(partition);
}

Table read_table(const RawDisk& disk) {
  Table table{};
  const Probe probe = make_probe(disk, {0, disk.size()});
  if (!probe) return table;
  blkid_probe_enable_superblocks(probe.get(), 0);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_partlist list = blkid_probe_get_partitions(probe.get());  // owned by probe
  blkid_parttable of = list == nullptr ? nullptr : blkid_partlist_get_table(list);
  if (of == nullptr) return table;
  table.type = text(blkid_parttable_get_type(of));
  table.uuid = text(blkid_parttable_get_id(of));
  // Azure, Windows and Linux make these; other kinds are not supported.
  table.unclear = table.type != "gpt" && table.type != "dos";
  const int count = blkid_partlist_numof_partitions(list);
  for (int i = 0; i < count; ++i) {
    if (blkid_partition each = blkid_partlist_get_partition(list, i)) {
      add_partition(each, of, table);
    }
  }
  std::ranges::stable_sort(table.partitions, {}, &Partition::start);
  return table;
}

Area area_of(const Partition& partition) {
  return {partition.start, partition.start + partition.size};
}

/// Whether all partitions are on the disk, behind the table, and do not overlap.
bool are_possible(const std::vector<Partition>& partitions, const RawDisk& disk,
                  std::uint64_t end) {
  for (const Partition& each : partitions) {
    const Area area = area_of(each);
    if (each.size == 0 || area.begin < end || area.end > disk.size()) return false;
    end = area.end;
  }
  return true;
}

/// Whether there is data outside of the areas in `taken`: in the first or the last MiB of a gap
/// between them.
Result<bool> is_gap_used(const RawDisk& disk, std::vector<Area> taken) {
  taken.push_back({disk.size(), disk.size()});
  std::ranges::sort(taken, {}, &Area::begin);
  std::uint64_t begin = 0;
  for (const Area& next : taken) {
    const std::uint64_t end = std::min(next.begin, disk.size());
    if (begin < end) {
      const std::uint64_t size = std::min(kMiB, end - begin);
      const Area head{begin, begin + size};
      const Area tail{end - size, end};
      if (!OR_RETURN(disk.is_zero(head))) return true;
      if (!OR_RETURN(disk.is_zero(tail))) return true;
    }
    begin = std::max(begin, next.end);
  }
  return false;
}

/// Whether the first and the last MiB of an area are zero.
Result<bool> edges_are_zero(const RawDisk& disk, const Area& area) {
  const auto size = std::min(kMiB, area.end - area.begin);
  auto first = disk.is_zero({area.begin, area.begin + size});
  if (!first || !*first) return first;
  return disk.is_zero({area.end - size, area.end});
}

/// Reads the table: the partitions by libblkid, the rest from its bytes.
Result<void> probe_table(const RawDisk& disk, Disk& seen, std::vector<Area>& without_content) {
  const Gpt gpt = OR_RETURN(read_gpt(disk));
  Table table = read_table(disk);
  if (gpt.present && (table.type.empty() || table.type == "PMBR")) {
    // libblkid finds no table if neither header is usable or they do not fit the disk. The disk
    // still had one.
    table.type = "gpt";
    table.unclear = true;
  }
  seen.table = table.type;
  seen.table_uuid = table.uuid;
  seen.partitions = std::move(table.partitions);
  without_content = std::move(table.without_content);
  if (table.type.empty()) return {};
  std::vector<Area> taken = gpt.areas;
  if (taken.empty()) taken.push_back({0, disk.sector()});
  const std::uint64_t table_end = gpt.present ? gpt.end : disk.sector();
  seen.table_unclear = table.unclear || gpt.present != (table.type == "gpt") ||
                       (gpt.present && !gpt.intact) ||
                       !are_possible(seen.partitions, disk, table_end);
  for (const Partition& each : seen.partitions) taken.push_back(area_of(each));
  seen.gap_used = OR_RETURN(is_gap_used(disk, std::move(taken)));
  return {};
}

Result<void> probe_partition(const RawDisk& disk, bool has_content, Partition& partition) {
  const Area area = area_of(partition);
  partition.zeroed = OR_RETURN(edges_are_zero(disk, area)) && area.end <= disk.size();
  if (has_content) partition.content = read_content(disk, area, false);
  return {};
}

void add_use(const Use& more, Use& use) {
  use.swap = use.swap || more.swap;
  use.mounted_at.insert(use.mounted_at.end(), more.mounted_at.begin(), more.mounted_at.end());
  use.holders.insert(use.holders.end(), more.holders.begin(), more.holders.end());
}

/// Copies the members that are not read from the disk: device, entries and use.
void keep_known(const Disk& before, Disk& seen) {
  for (Partition& each : seen.partitions) {
    each.device = partition_node(seen.device, each.number);
  }
  for (const Partition& known : before.partitions) {
    const auto same = std::ranges::find_if(seen.partitions, [&](const Partition& each) {
      return each.number == known.number && each.start == known.start;
    });
    if (same == seen.partitions.end()) {
      // The kernel still has an earlier table, and the partition is in use.
      add_use(known.use, seen.use);
      continue;
    }
    if (!known.device.empty()) same->device = known.device;
    same->entries = known.entries;
    same->use = known.use;
  }
}

}  // namespace

Result<void> probe_disk(int fd, Disk& disk) {
  const RawDisk raw = OR_RETURN(RawDisk::of(fd));
  Disk seen = disk;
  seen.size = raw.size();
  seen.table_unclear = seen.gap_used = false;
  std::vector<Area> without_content;
  OR_RETURN(probe_table(raw, seen, without_content));
  for (Partition& each : seen.partitions) {
    const bool has_content = std::ranges::none_of(
        without_content, [&](const Area& area) { return area.begin == each.start; });
    OR_RETURN(probe_partition(raw, has_content, each));
  }
  const Area whole{0, raw.size()};
  seen.zeroed = OR_RETURN(edges_are_zero(raw, whole));
  seen.content = read_content(raw, whole, seen.zeroed);
  if (!seen.table.empty()) {
    // The disk has a table and a file system of its own: one of them is a remnant.
    if (seen.content != Content{}) seen.table_unclear = true;
    seen.content = {};
  }
  keep_known(disk, seen);
  disk = std::move(seen);
  AZL_LOG(kDisk, kDebug,
          "probed " + disk.device + ": table '" + disk.table + "', " +
              std::to_string(disk.partitions.size()) + " partitions, content '" +
              disk.content.type + "'" + (disk.zeroed ? ", zeroed" : ""));
  return {};
}

}  // namespace azl::disk
