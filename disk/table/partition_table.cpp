#include "disk/table/partition_table.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "disk/block_device.h"
#include "disk/signatures.h"
#include "disk/sysfs.h"
#include "disk/table/kernel_partition.h"
#include "disk/table/table_image.h"

namespace azl::disk {

namespace {

constexpr std::uint64_t kPage = 4096;  // a disk writes this atomically

/// Linux filesystem data, Linux swap: UAPI.2, Discoverable Partitions Specification.
constexpr const char* kLinuxData = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
constexpr const char* kLinuxSwap = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F";

using Label = Handle<fdisk_parttype, fdisk_unref_parttype>;

std::uint64_t down_to_mib(std::uint64_t bytes) { return bytes / kMiB * kMiB; }

Result<void> sync_disk(int fd) {
  if (fsync(fd) != 0) return fail_errno(errno, "syncing the disk");
  return {};
}

/// The partitions of a new table, in bytes.
struct Layout {
  std::uint64_t start = kMiB;
  std::uint64_t end = 0;
  std::uint64_t swap_end = 0;  ///< 0: no swap; otherwise swap begins at `end`
};

Result<Layout> plan_layout(const Geometry& geometry, std::uint64_t swap_size) {
  constexpr std::uint64_t kMinSize = 16 * kMiB;
  // The last MiB is for the backup: 128 entries of 128 bytes and the header.
  Layout layout{.end = down_to_mib(geometry.size - kMiB)};
  if (swap_size > 0) {
    layout.swap_end = layout.end;
    if (swap_size > layout.end)
      return fail(Reason::kInvalidInput, "the disk is smaller than the swap partition");
    layout.end = down_to_mib(layout.end - swap_size);
  }
  if (layout.end < layout.start + kMinSize) {
    return fail(
        Reason::kInvalidInput,
        "the disk has " + std::to_string(geometry.size / kMiB) +
            " MiB, which is too small for a file system" +
            (swap_size > 0 ? " and " + std::to_string(swap_size / kMiB) + " MiB of swap" : ""));
  }
  return layout;
}

/// Makes the first and the last MiB zero, in an order that is safe against a power cut: first the
/// end of the disk, then the page with the beginning of the table in one write, then the rest. The
/// next boot sees the old table intact, or a disk whose first and last MiB are zero, which is
/// blank.
Result<void> clear_table(int fd, const Geometry& geometry) {
  OR_RETURN(write_zeros(fd, geometry.size - kMiB, kMiB));
  OR_RETURN(sync_disk(fd));
  OR_RETURN(write_zeros(fd, 0, kPage));
  OR_RETURN(sync_disk(fd));
  OR_RETURN(write_zeros(fd, 0, kMiB));
  return sync_disk(fd);
}

/// Clears the table and where the new partitions begin and end.
Result<void> clear_disk(int fd, const Geometry& geometry, const Layout& layout) {
  const auto zero = [fd](std::uint64_t start) { return write_zeros(fd, start, kMiB); };
  const bool swap = layout.swap_end > 0;
  OR_RETURN(zero((swap ? layout.swap_end : layout.end) - kMiB));
  OR_RETURN(zero(layout.end - kMiB));
  if (swap) OR_RETURN(zero(layout.end));
  OR_RETURN(clear_table(fd, geometry));
  OR_RETURN(zero(layout.start));
  // Some signatures are elsewhere: that of VMFS is at 1 or 2 MiB.
  OR_RETURN(wipe_signatures(fd, 0, 0));
  OR_RETURN(wipe_signatures(fd, layout.start, layout.end - layout.start));
  if (swap) OR_RETURN(wipe_signatures(fd, layout.end, layout.swap_end - layout.end));
  return sync_disk(fd);
}

/// Adds a partition to libfdisk's table.
Result<MadePartition> add_partition(fdisk_context* context, const std::string& path,
                                    MadePartition wanted, const char* type) {
  const std::uint64_t sector = fdisk_get_sector_size(context);
  const FdiskPartition partition(fdisk_new_partition());
  const Label label(fdisk_label_parse_parttype(fdisk_get_label(context, nullptr), type));
  if (!partition || !label) return fail(Reason::kIo, "no memory for libfdisk");
  if (wanted.uuid.empty()) wanted.uuid = OR_RETURN(new_uuid());
  fdisk_partition_set_partno(partition.get(), static_cast<std::size_t>(wanted.number - 1));
  fdisk_partition_set_start(partition.get(), wanted.start / sector);
  fdisk_partition_set_size(partition.get(), wanted.size / sector);
  fdisk_partition_size_explicit(partition.get(), 1);
  fdisk_partition_set_type(partition.get(), label.get());
  fdisk_partition_set_uuid(partition.get(), wanted.uuid.c_str());
  const int result = fdisk_add_partition(context, partition.get(), nullptr);
  if (result != 0) return fail_errno(-result, "adding a partition");
  wanted.device = partition_node(path, wanted.number);
  return wanted;
}

/// Makes the new table in the image.
Result<MadePartitions> make_table(const TableImage& image, const std::string& path,
                                  const NewTable& table, const Layout& layout) {
  const auto context = OR_RETURN(image.open(path));
  int result = fdisk_create_disklabel(context.get(), "gpt");
  if (result != 0) return fail_errno(-result, "making a partition table");
  MadePartitions made;
  MadePartition data{.number = 1,
                     .uuid = lower(table.uuid),
                     .start = layout.start,
                     .size = layout.end - layout.start};
  made.data = OR_RETURN(add_partition(context.get(), path, std::move(data), kLinuxData));
  if (layout.swap_end > 0) {
    MadePartition swap{.number = 2,
                       .uuid = lower(table.swap_uuid),
                       .start = layout.end,
                       .size = layout.swap_end - layout.end};
    made.swap = OR_RETURN(add_partition(context.get(), path, std::move(swap), kLinuxSwap));
  }
  result = fdisk_write_disklabel(context.get());
  if (result != 0) return fail_errno(-result, "making a partition table");
  return made;
}

/// Makes the kernel read the table. Retries for a while, because that fails while udev or another
/// program has an old partition open.
Result<void> reread_table(int fd, const Deadline& deadline) {
  Backoff backoff(
      {.initial = std::chrono::milliseconds(20), .longest = std::chrono::milliseconds(500)});
  constexpr Duration kMaxWait = std::chrono::seconds(10);
  const Deadline until = deadline.within(kMaxWait);
  while (ioctl(fd, BLKRRPART) != 0) {
    if (errno != EBUSY) return fail_errno(errno, "rereading the partition table in the kernel");
    const auto pause = backoff.next(until);
    if (!pause) return fail(Reason::kIo, "an old partition of the disk is in use");
    SystemClock().sleep(*pause);
  }
  return {};
}

std::vector<MadePartition> partitions_of(const MadePartitions& made) {
  std::vector<MadePartition> partitions = {made.data};
  if (made.swap) partitions.push_back(*made.swap);
  return partitions;
}

/// Updates the kernel's partitions. Adds those that the kernel does not find in the table itself,
/// for example because it has no GPT support.
Result<void> update_kernel(int fd, const MadePartitions& made, const Deadline& deadline) {
  OR_RETURN(reread_table(fd, deadline));
  for (const MadePartition& each : partitions_of(made)) {
    if (kernel_partition_size(each.device) == each.size) continue;
    OR_RETURN(change_kernel_partition(fd, BLKPG_ADD_PARTITION, each));
  }
  return {};
}

/// Removes a partition from the kernel. Retries for a while, because udev may have it open.
Result<void> remove_from_kernel(int fd, const MadePartition& partition) {
  Backoff backoff(
      {.initial = std::chrono::milliseconds(20), .longest = std::chrono::milliseconds(500)});
  constexpr Duration kMaxWait = std::chrono::seconds(5);
  SystemClock clock;
  const Deadline until(clock, kMaxWait);
  while (true) {
    auto removed = change_kernel_partition(fd, BLKPG_DEL_PARTITION, partition);
    if (removed || removed.error().errno_value() == ENXIO) return {};
    const auto pause = backoff.next(until);
    if (removed.error().errno_value() != EBUSY || !pause) return removed;
    clock.sleep(*pause);
  }
}

}  // namespace

Result<std::string> new_uuid() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return fail_errno(errno, "getting random bytes");
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);  // version 4, RFC 9562
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);  // its variant
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 0xFU];
  }
  return text;
}

Result<UniqueFd> lock_disk(const std::string& path, const Deadline& deadline) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "opening " + path);
  Backoff backoff(
      {.initial = std::chrono::milliseconds(10), .longest = std::chrono::milliseconds(500)});
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno(errno, "locking " + path);
    const auto pause = backoff.next(deadline);
    if (!pause) return fail(Reason::kTimeout, path + " is locked by another program");
    SystemClock().sleep(*pause);
  }
  return fd;
}

Result<MadePartitions> write_partition_table(int fd, const std::string& path, const NewTable& table,
                                             const Deadline& deadline) {
  const std::string context = "partitioning " + path;
  const auto geometry = OR_RETURN(geometry_of(fd), context);
  const auto image = OR_RETURN(TableImage::empty(geometry), context);
  const auto layout = OR_RETURN(plan_layout(geometry, table.swap_size), context);
  AZL_LOG(kDisk, kDebug, context + ": " + std::to_string(geometry.size) + " bytes");
  auto made = OR_RETURN(make_table(image, path, table, layout), context);
  OR_RETURN(clear_disk(fd, geometry, layout), context);
  // The primary is written first, unlike UEFI requires. After a power cut, a disk with only a
  // backup would neither have a table nor be blank, so no later boot would touch it. A disk with
  // only a primary has the PARTUUID by which this program recognizes its work.
  OR_RETURN(image.write_primary(fd, layout.start), context);
  OR_RETURN(image.write_backup(fd), context);
  if (geometry.block_device) OR_RETURN(update_kernel(fd, made, deadline), context);
  return made;
}

Result<void> erase_partition_table(int fd, const std::string& path,
                                   const std::optional<MadePartitions>& table) {
  const std::string context = "erasing the partition table of " + path;
  const auto geometry = OR_RETURN(geometry_of(fd), context);
  if (table && geometry.block_device) {
    for (const MadePartition& each : partitions_of(*table))
      OR_RETURN(remove_from_kernel(fd, each), context);
  }
  OR_RETURN(clear_table(fd, geometry), context);
  return {};
}

}  // namespace azl::disk
