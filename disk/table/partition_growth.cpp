#include "disk/table/partition_growth.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
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

/// A partition as libfdisk returns it, in sectors.
struct Entry {
  int number = 0;
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::string rest = {};    ///< type, UUID, name, attributes: growing must not change them
  bool protective = false;  ///< the entry of a protective MBR
  bool extended = false;
  bool operator==(const Entry&) const = default;
};

std::string text(const char* value) { return value == nullptr ? "" : value; }

Entry entry_of(fdisk_partition* partition) {
  const fdisk_parttype* type = fdisk_partition_get_type(partition);
  Entry entry{.number = static_cast<int>(fdisk_partition_get_partno(partition)) + 1,
              .start = fdisk_partition_get_start(partition),
              .size = fdisk_partition_get_size(partition),
              .protective = fdisk_parttype_get_code(type) == kProtective,
              .extended = fdisk_partition_is_container(partition) == 1};
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

Result<std::vector<Entry>> read_table_entries(fdisk_context* context) {
  fdisk_table* listed = nullptr;
  const int result = fdisk_get_partitions(context, &listed);
  const FdiskTable table(listed);
  if (result != 0) return fail_errno(-result, "reading the partition table");
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < fdisk_table_get_nents(table.get()); ++i) {
    fdisk_partition* partition = fdisk_table_get_partition(table.get(), i);
    // Skips logical partitions, whose tables are not in the image.
    if (fdisk_partition_is_nested(partition) != 1) entries.push_back(entry_of(partition));
  }
  return entries;
}

/// Finds the partition to grow. Errors: kInvalidInput if it cannot be grown.
Result<Entry> find_growable(fdisk_context* context, const std::vector<Entry>& entries, int number) {
  const auto refuse = [number](std::string_view why) {
    return fail(Reason::kInvalidInput,
                "partition " + std::to_string(number) + " " + std::string(why));
  };
  const bool gpt = fdisk_is_label(context, GPT) != 0;
  const bool dos = fdisk_is_label(context, DOS) != 0;
  // If the primary GPT is damaged, libfdisk takes the protective MBR for a dos table.
  const bool protective = std::any_of(entries.begin(), entries.end(),
                                      [](const Entry& entry) { return entry.protective; });
  if (!gpt && (!dos || protective)) {
    return fail(Reason::kInvalidInput, "there is no intact GPT or dos partition table");
  }
  if (gpt && fdisk_gpt_is_hybrid(context) == 1) {
    return fail(Reason::kInvalidInput, "the table is a hybrid MBR and GPT, which is not supported");
  }
  // The tables of logical partitions are not in the image.
  constexpr int kPrimaries = 4;
  if (dos && number > kPrimaries) {
    return refuse("is a logical partition, which is not supported");
  }
  const auto found =
      std::ranges::find_if(entries, [number](const Entry& e) { return e.number == number; });
  if (found == entries.end()) return refuse("is not in the partition table");
  if (found->extended) return refuse("is an extended partition");
  const std::uint64_t end = found->start + found->size;
  const bool last = std::ranges::all_of(entries, [&](const Entry& other) {
    return other.number == number || other.start + other.size <= end;
  });
  if (!last) return refuse("is not the last one on the disk");
  return *found;
}

/// Where a partition may end, in bytes.
Result<std::uint64_t> find_end_of_space(fdisk_context* context, const Geometry& geometry) {
  std::uint64_t end = geometry.size / geometry.sector_size;
  if (fdisk_is_label(context, GPT) != 0) {
    const Handle<fdisk_labelitem, fdisk_unref_labelitem> item(fdisk_new_labelitem());
    std::uint64_t last = 0;
    if (!item || fdisk_get_disklabel_item(context, GPT_LABELITEM_LASTLBA, item.get()) != 0 ||
        fdisk_labelitem_get_data_u64(item.get(), &last) != 0) {
      return fail(Reason::kIo, "libfdisk does not return the last usable sector of the GPT");
    }
    end = last + 1;
  } else {
    constexpr std::uint64_t kDosSectors = 0xFFFF'FFFF;  // both fields of an entry have 32 bits
    end = std::min(end, kDosSectors);
  }
  return end * geometry.sector_size / kMiB * kMiB;
}

/// Restores the CHS address of a partition's start. libfdisk recomputes both CHS addresses with a
/// geometry that may differ from the one with which the table was made.
Result<void> keep_start_address(const TableImage& image, const std::string& before, int number) {
  constexpr std::uint64_t kFirstEntry = 446;
  constexpr std::uint64_t kEntrySize = 16;
  const std::uint64_t at = kFirstEntry + kEntrySize * static_cast<std::uint64_t>(number - 1) + 1;
  return image.patch(at, before.substr(at, 3));
}

/// Checks that the image has exactly the intended change, before it is written to the disk.
Result<void> check_grown(const TableImage& image, const std::string& path,
                         const std::vector<Entry>& before, int number, std::uint64_t sectors) {
  const auto context = OR_RETURN(image.open(path));
  const auto after = OR_RETURN(read_table_entries(context.get()));
  std::vector<Entry> wanted = before;
  for (Entry& entry : wanted) {
    if (entry.number == number) entry.size = sectors;
  }
  if (after != wanted) {
    return fail(Reason::kIo, "libfdisk would change more of the table than the partition's size");
  }
  return {};
}

/// Grows the partition in the image.
Result<void> grow_in_image(const TableImage& image, const std::string& path, fdisk_context* context,
                           const std::vector<Entry>& entries, int number, std::uint64_t sectors) {
  const auto before = OR_RETURN(image.head());
  const FdiskPartition change(fdisk_new_partition());
  if (!change) return fail(Reason::kIo, "no memory for libfdisk");
  fdisk_partition_set_size(change.get(), sectors);
  fdisk_partition_size_explicit(change.get(), 1);
  int result = fdisk_set_partition(context, static_cast<std::size_t>(number - 1), change.get());
  if (result == 0) result = fdisk_write_disklabel(context);
  if (result != 0) return fail_errno(-result, "changing the partition table");
  if (fdisk_is_label(context, DOS) != 0) {
    OR_RETURN(keep_start_address(image, before, number));
  }
  return check_grown(image, path, entries, number, sectors);
}

/// Resizes the partition in the kernel if it is smaller than in the table. That can also be because
/// a power cut came after an earlier boot had written the table.
Result<void> update_kernel(int fd, const MadePartition& partition) {
  const std::uint64_t known = kernel_partition_size(partition.device);
  if (known >= partition.size) return {};
  return change_kernel_partition(fd, BLKPG_RESIZE_PARTITION, partition);
}

Result<Grown> grow(int fd, const std::string& path, int number) {
  const auto geometry = OR_RETURN(geometry_of(fd));
  const auto image = OR_RETURN(TableImage::copy_of(fd, geometry));
  const auto context = OR_RETURN(image.open(path));
  // Without a table this fails, and then find_growable returns the error.
  const auto entries = read_table_entries(context.get()).value_or(std::vector<Entry>());
  const auto entry = OR_RETURN(find_growable(context.get(), entries, number));
  const std::uint64_t end = OR_RETURN(find_end_of_space(context.get(), geometry));

  const std::uint64_t sector = geometry.sector_size;
  const std::uint64_t start = entry.start * sector;
  Grown grown{.old_size = entry.size * sector, .new_size = entry.size * sector};
  if (end >= start + grown.old_size + kMiB) {
    grown.new_size = end - start;
    OR_RETURN(grow_in_image(image, path, context.get(), entries, number, grown.new_size / sector));
    const std::uint64_t first = std::ranges::min(entries, {}, &Entry::start).start * sector;
    if (fdisk_is_label(context.get(), GPT) != 0) OR_RETURN(image.write_backup(fd));
    OR_RETURN(image.write_primary(fd, first));
  }
  if (!geometry.block_device) return grown;
  const MadePartition partition{.number = number,
                                .device = partition_node(path, number),
                                .start = start,
                                .size = grown.new_size};
  OR_RETURN(update_kernel(fd, partition));
  return grown;
}

}  // namespace

Result<Grown> grow_last_partition(int fd, const std::string& path, int number) {
  return OR_RETURN(grow(fd, path, number),
                   "growing partition " + std::to_string(number) + " of " + path);
}

}  // namespace azl::disk
