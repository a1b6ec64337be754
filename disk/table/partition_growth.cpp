#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include <linux/blkpg.h>

#include "disk/block_device.h"
#include "disk/sysfs.h"
#include "disk/table/kernel_partition.h"
#include "disk/table/partition_table.h"
#include "disk/table/table_image.h"

namespace azl::disk {

namespace {

constexpr unsigned kProtective = 0xEE;

/// One partition as libfdisk tells it, in sectors.
struct Entry {
  int number = 0;
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::string rest = {};    ///< type, UUID, name, attributes: what growing must not change
  bool protective = false;  ///< the MBR's, before a GPT
  bool outer = false;       ///< an extended partition
  bool operator==(const Entry&) const = default;
};

std::string text(const char* value) { return value == nullptr ? "" : value; }

Entry entry_of(fdisk_partition* partition) {
  const fdisk_parttype* type = fdisk_partition_get_type(partition);
  Entry entry{.number = static_cast<int>(fdisk_partition_get_partno(partition)) + 1,
              .start = fdisk_partition_get_start(partition),
              .size = fdisk_partition_get_size(partition),
              .protective = fdisk_parttype_get_code(type) == kProtective,
              .outer = fdisk_partition_is_container(partition) == 1};
  const char separator = '\n';
  for (const std::string& part :
       {std::to_string(fdisk_parttype_get_code(type)), text(fdisk_parttype_get_string(type)),
        text(fdisk_partition_get_uuid(partition)), text(fdisk_partition_get_name(partition)),
        text(fdisk_partition_get_attrs(partition)),
        std::to_string(fdisk_partition_is_bootable(partition))}) {
    entry.rest += part + separator;
  }
  return entry;
}

Result<std::vector<Entry>> entries_of(fdisk_context* context) {
  fdisk_table* listed = nullptr;
  const int result = fdisk_get_partitions(context, &listed);
  const FdiskTable table(listed);
  if (result != 0) return fail_errno(-result, "reading the partition table");
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < fdisk_table_get_nents(table.get()); ++i) {
    fdisk_partition* partition = fdisk_table_get_partition(table.get(), i);
    // Logical partitions: their tables lie beyond what was read.
    if (fdisk_partition_is_nested(partition) != 1) entries.push_back(entry_of(partition));
  }
  return entries;
}

/// The partition to grow, if it can be.
Result<Entry> growable(fdisk_context* context, const std::vector<Entry>& entries, int number) {
  const auto refuse = [number](std::string_view why) {
    return fail(Reason::kInvalidInput,
                "partition " + std::to_string(number) + " " + std::string(why));
  };
  const bool gpt = fdisk_is_label(context, GPT) != 0;
  const bool dos = fdisk_is_label(context, DOS) != 0;
  // Where the primary GPT is damaged, libfdisk takes the protective MBR for a dos table.
  const bool protective = std::any_of(entries.begin(), entries.end(),
                                      [](const Entry& entry) { return entry.protective; });
  if (!gpt && (!dos || protective)) {
    return fail(Reason::kInvalidInput, "there is no whole GPT or dos partition table");
  }
  if (gpt && fdisk_gpt_is_hybrid(context) == 1) {
    return fail(Reason::kInvalidInput,
                "the MBR before the GPT has partitions, too, which can't be grown with it");
  }
  // The tables of logical partitions lie beyond what is read here.
  constexpr int kPrimaries = 4;
  if (dos && number > kPrimaries) {
    return refuse("is a logical partition, which would have to grow with its outer one");
  }
  const auto found =
      std::ranges::find_if(entries, [number](const Entry& e) { return e.number == number; });
  if (found == entries.end()) return refuse("is not in the partition table");
  if (found->outer) return refuse("is an extended partition");
  const std::uint64_t end = found->start + found->size;
  const bool last = std::ranges::all_of(entries, [&](const Entry& other) {
    return other.number == number || other.start + other.size <= end;
  });
  if (!last) return refuse("is not the last one on the disk");
  return *found;
}

/// Where a partition may end, in bytes.
Result<std::uint64_t> end_of_space(fdisk_context* context, const Geometry& geometry) {
  std::uint64_t end = geometry.size / geometry.sector_size;
  if (fdisk_is_label(context, GPT) != 0) {
    const Handle<fdisk_labelitem, fdisk_unref_labelitem> item(fdisk_new_labelitem());
    std::uint64_t last = 0;
    if (!item || fdisk_get_disklabel_item(context, GPT_LABELITEM_LASTLBA, item.get()) != 0 ||
        fdisk_labelitem_get_data_u64(item.get(), &last) != 0) {
      return fail(Reason::kIo, "libfdisk does not tell where the GPT's space ends");
    }
    end = last + 1;
  } else {
    constexpr std::uint64_t kDosSectors = 0xFFFF'FFFF;  // both fields of an entry have 32 bits
    end = std::min(end, kDosSectors);
  }
  return end * geometry.sector_size / kMiB * kMiB;
}

/// libfdisk works out both of an entry's CHS addresses anew, by a geometry that need not be the one
/// of who made the table: that of the start stays as it was.
Result<void> keep_start_address(const TableImage& image, const std::string& before, int number) {
  constexpr std::uint64_t kFirstEntry = 446;
  constexpr std::uint64_t kEntrySize = 16;
  const std::uint64_t at = kFirstEntry + kEntrySize * static_cast<std::uint64_t>(number - 1) + 1;
  return image.patch(at, before.substr(at, 3));
}

/// Nothing goes to the disk that is not exactly what was meant.
Result<void> check_grown(const TableImage& image, const std::string& path,
                         const std::vector<Entry>& before, int number, std::uint64_t sectors) {
  auto context = image.open(path);
  if (!context) return fail(std::move(context.error()));
  auto after = entries_of(context->get());
  if (!after) return fail(std::move(after.error()));
  std::vector<Entry> wanted = before;
  for (Entry& entry : wanted) {
    if (entry.number == number) entry.size = sectors;
  }
  if (*after != wanted) {
    return fail(Reason::kIo, "libfdisk would change more of the table than was asked for");
  }
  return {};
}

/// Changes the table in memory.
Result<void> grow_in(const TableImage& image, const std::string& path, fdisk_context* context,
                     const std::vector<Entry>& entries, int number, std::uint64_t sectors) {
  auto before = image.head();
  if (!before) return fail(std::move(before.error()));
  const FdiskPartition change(fdisk_new_partition());
  if (!change) return fail(Reason::kIo, "no memory for libfdisk");
  fdisk_partition_set_size(change.get(), sectors);
  fdisk_partition_size_explicit(change.get(), 1);
  int result = fdisk_set_partition(context, static_cast<std::size_t>(number - 1), change.get());
  if (result == 0) result = fdisk_write_disklabel(context);
  if (result != 0) return fail_errno(-result, "changing the partition table");
  if (fdisk_is_label(context, DOS) != 0) {
    if (auto done = keep_start_address(image, *before, number); !done) return done;
  }
  return check_grown(image, path, entries, number, sectors);
}

Result<void> write_grown(int fd, const TableImage& image, bool gpt, std::uint64_t limit) {
  if (gpt) {
    if (auto done = image.write_backup(fd); !done) return done;
  }
  return image.write_primary(fd, limit);
}

/// Also where the table was grown by a boot that was cut off then.
Result<void> tell_kernel(int fd, const MadePartition& partition) {
  const std::uint64_t known = kernel_partition_size(partition.device);
  if (known >= partition.size) return {};
  return change_kernel_partition(fd, BLKPG_RESIZE_PARTITION, partition);
}

Result<Grown> grow(int fd, const std::string& path, int number) {
  auto geometry = geometry_of(fd);
  if (!geometry) return fail(std::move(geometry.error()));
  auto image = TableImage::copy_of(fd, *geometry);
  if (!image) return fail(std::move(image.error()));
  auto context = image->open(path);
  if (!context) return fail(std::move(context.error()));
  auto entries = entries_of(context->get());
  if (!entries) entries = std::vector<Entry>();  // no table: growable() says so
  auto entry = growable(context->get(), *entries, number);
  if (!entry) return fail(std::move(entry.error()));
  auto end = end_of_space(context->get(), *geometry);
  if (!end) return fail(std::move(end.error()));

  const std::uint64_t sector = geometry->sector_size;
  const std::uint64_t start = entry->start * sector;
  Grown grown{.old_size = entry->size * sector, .new_size = entry->size * sector};
  if (*end >= start + grown.old_size + kMiB) {
    grown.new_size = *end - start;
    if (auto done =
            grow_in(*image, path, context->get(), *entries, number, grown.new_size / sector);
        !done) {
      return fail(std::move(done.error()));
    }
    const std::uint64_t first = std::ranges::min(*entries, {}, &Entry::start).start * sector;
    const bool gpt = fdisk_is_label(context->get(), GPT) != 0;
    if (auto done = write_grown(fd, *image, gpt, first); !done) {
      return fail(std::move(done.error()));
    }
  }
  if (!geometry->block_device) return grown;
  auto told = tell_kernel(fd, {.number = number,
                               .device = partition_node(path, number),
                               .start = start,
                               .size = grown.new_size});
  if (!told) return fail(std::move(told.error()));
  return grown;
}

}  // namespace

Result<Grown> grow_last_partition(int fd, const std::string& path, int number) {
  auto grown = grow(fd, path, number);
  if (!grown)
    return fail(std::move(grown.error()),
                "growing partition " + std::to_string(number) + " of " + path);
  return grown;
}

}  // namespace azl::disk
