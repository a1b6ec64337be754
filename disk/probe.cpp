#include "disk/probe.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <blkid/blkid.h>

#include "base/fd.h"
#include "disk/signatures.h"
#include "disk/sysfs.h"
#include "disk/table/gpt.h"
#include "disk/table/raw_disk.h"

namespace azl::disk {

namespace {

using Probe = Handle<blkid_struct_probe, blkid_free_probe>;

/// A probe of a part of the disk; null when libblkid does not take it.
Probe probe_of(const RawDisk& disk, Area area) {
  Probe probe(blkid_new_probe());
  const bool taken =
      probe && area.begin < area.end && area.end <= disk.size() &&
      blkid_probe_set_device(probe.get(), disk.fd(), static_cast<blkid_loff_t>(area.begin),
                             static_cast<blkid_loff_t>(area.end - area.begin)) == 0;
  return taken ? std::move(probe) : Probe();
}

std::string text(const char* value) { return value == nullptr ? std::string() : value; }

std::string value_of(const Probe& probe, const char* name) {
  const char* value = nullptr;
  return blkid_probe_lookup_value(probe.get(), name, &value, nullptr) == 0 ? text(value)
                                                                           : std::string();
}

/// ZFS has its labels in the first and the last MiB only, of which libblkid reads a MiB in all:
/// half of what looking at a blank disk would cost, where both are known to be zero.
void leave_zfs_out(const Probe& probe) {
  std::string zfs = "zfs_member";
  std::array<char*, 2> names = {zfs.data(), nullptr};
  blkid_probe_filter_superblocks_type(probe.get(), BLKID_FLTR_NOTIN, names.data());
}

/// What the superblocks in an area say; of any usage, so that RAID, LUKS and swap are seen.
/// `edges_zero`: its first and last MiB are known to be zero.
Content content_of(const RawDisk& disk, Area area, bool edges_zero) {
  const Probe probe = probe_of(disk, area);
  if (!probe) return {.unclear = true};
  blkid_probe_enable_superblocks(probe.get(), 1);
  if (edges_zero) leave_zfs_out(probe);
  blkid_probe_set_superblocks_flags(probe.get(),
                                    BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
  const int result = blkid_do_safeprobe(probe.get());
  if (result == 1) return {};
  if (result != 0) return {.unclear = true};  // -2: several that contradict each other
  Content content{.type = value_of(probe, "TYPE"),
                  .label = value_of(probe, "LABEL"),
                  .uuid = value_of(probe, "UUID")};
  if (is_unfinished(disk.fd(), area.begin, content.type)) return {};
  content.unclear = content.type.empty();
  return content;
}

/// libblkid counts in sectors of 512 bytes. Too many: the disk is not that large either.
std::uint64_t bytes_of(blkid_loff_t sectors) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 53U;
  const auto count = static_cast<std::uint64_t>(sectors);
  return std::min(count, kMost) * kSysfsSector;
}

/// The partitions of the table that libblkid sees, and whether they are of a kind that is
/// understood here: of the disk's one table, and none with others in it.
struct Table {
  std::string type;
  std::string uuid;
  std::vector<Partition> partitions;
  std::vector<Area> without_content;  ///< extended partitions
  bool unclear;
};

void add_partition(blkid_partition each, blkid_parttable of, Table& table) {
  const Partition partition{.number = blkid_partition_get_partno(each),
                            .start = bytes_of(blkid_partition_get_start(each)),
                            .size = bytes_of(blkid_partition_get_size(each)),
                            .uuid = text(blkid_partition_get_uuid(each))};
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
  const Probe probe = probe_of(disk, {0, disk.size()});
  if (!probe) return table;
  blkid_probe_enable_superblocks(probe.get(), 0);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_partlist list = blkid_probe_get_partitions(probe.get());  // the probe's own
  blkid_parttable of = list == nullptr ? nullptr : blkid_partlist_get_table(list);
  if (of == nullptr) return table;
  table.type = text(blkid_parttable_get_type(of));
  table.uuid = text(blkid_parttable_get_id(of));
  // What Azure, Windows and Linux make; others are not understood here.
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

/// Whether the partitions lie on the disk, behind the table, and apart from each other.
bool can_be(const std::vector<Partition>& partitions, const RawDisk& disk, std::uint64_t end) {
  for (const Partition& each : partitions) {
    const Area area = area_of(each);
    if (each.size == 0 || area.begin < end || area.end > disk.size()) return false;
    end = area.end;
  }
  return true;
}

/// Whether something lies where nothing belongs: in the first and the last MiB of each gap between
/// what is taken.
Result<bool> gap_is_used(const RawDisk& disk, std::vector<Area> taken) {
  taken.push_back({disk.size(), disk.size()});
  std::ranges::sort(taken, {}, &Area::begin);
  std::uint64_t begin = 0;
  for (const Area& next : taken) {
    const std::uint64_t end = std::min(next.begin, disk.size());
    if (begin < end) {
      const std::uint64_t size = std::min(kMiB, end - begin);
      const auto first = disk.is_zero({begin, begin + size});
      if (!first || !*first) return first ? Result<bool>(true) : first;
      const auto last = disk.is_zero({end - size, end});
      if (!last || !*last) return last ? Result<bool>(true) : last;
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

/// What the disk has as a table, by libblkid and by its own bytes.
Result<void> look_at_table(const RawDisk& disk, Disk& seen, std::vector<Area>& without_content) {
  const auto gpt = read_gpt(disk);
  if (!gpt) return fail(Error(gpt.error()));
  Table table = read_table(disk);
  if (gpt->promised && (table.type.empty() || table.type == "PMBR")) {
    // Neither header can be used, or they don't suit the disk: libblkid sees no table, but there is
    // one to somebody.
    table.type = "gpt";
    table.unclear = true;
  }
  seen.table = table.type;
  seen.table_uuid = table.uuid;
  seen.partitions = std::move(table.partitions);
  without_content = std::move(table.without_content);
  if (table.type.empty()) return {};
  std::vector<Area> taken = gpt->areas;
  if (taken.empty()) taken.push_back({0, disk.sector()});
  const std::uint64_t table_end = gpt->promised ? gpt->end : disk.sector();
  seen.table_unclear = table.unclear || gpt->promised != (table.type == "gpt") ||
                       (gpt->promised && !gpt->whole) || !can_be(seen.partitions, disk, table_end);
  for (const Partition& each : seen.partitions) taken.push_back(area_of(each));
  const auto used = gap_is_used(disk, std::move(taken));
  if (!used) return fail(Error(used.error()));
  seen.gap_used = *used;
  return {};
}

Result<void> look_at_partition(const RawDisk& disk, bool has_content, Partition& partition) {
  const Area area = area_of(partition);
  const auto zeroed = edges_are_zero(disk, area);
  if (!zeroed) return fail(Error(zeroed.error()));
  partition.zeroed = *zeroed && area.end <= disk.size();
  if (has_content) partition.content = content_of(disk, area, false);
  return {};
}

void add_use(const Use& more, Use& use) {
  use.swap = use.swap || more.swap;
  use.mounted_at.insert(use.mounted_at.end(), more.mounted_at.begin(), more.mounted_at.end());
  use.holders.insert(use.holders.end(), more.holders.begin(), more.holders.end());
}

/// What was known of the partitions before is known still.
void keep_known(const Disk& before, Disk& seen) {
  for (Partition& each : seen.partitions) {
    each.device = partition_node(seen.device, each.number);
  }
  for (const Partition& known : before.partitions) {
    const auto same = std::ranges::find_if(seen.partitions, [&](const Partition& each) {
      return each.number == known.number && each.start == known.start;
    });
    if (same == seen.partitions.end()) {
      // The kernel goes by a table that is no longer there, and somebody uses what it meant.
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
  const auto raw = RawDisk::of(fd);
  if (!raw) return fail(Error(raw.error()));
  Disk seen = disk;
  seen.size = raw->size();
  seen.table_unclear = seen.gap_used = false;
  std::vector<Area> without_content;
  if (auto looked = look_at_table(*raw, seen, without_content); !looked) return looked;
  for (Partition& each : seen.partitions) {
    const bool has_content = std::ranges::none_of(
        without_content, [&](const Area& area) { return area.begin == each.start; });
    if (auto looked = look_at_partition(*raw, has_content, each); !looked) return looked;
  }
  const auto zeroed = edges_are_zero(*raw, {0, raw->size()});
  if (!zeroed) return fail(Error(zeroed.error()));
  seen.zeroed = *zeroed;
  seen.content = content_of(*raw, {0, raw->size()}, seen.zeroed);
  if (!seen.table.empty()) {
    // A file system of the whole disk beside a table: one of them is what is left of the other.
    if (seen.content != Content{}) seen.table_unclear = true;
    seen.content = {};
  }
  keep_known(disk, seen);
  disk = std::move(seen);
  return {};
}

}  // namespace azl::disk
