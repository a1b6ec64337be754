#include "disk/table/partition_table.h"

#include <array>
#include <cerrno>
#include <chrono>
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

#include "base/text.h"
#include "disk/block_device.h"
#include "disk/signatures.h"
#include "disk/sysfs.h"
#include "disk/table/kernel_partition.h"
#include "disk/table/table_image.h"

namespace azl::disk {

namespace {

constexpr std::uint64_t kPage = 4096;  // what a disk takes or leaves as a whole

/// Linux filesystem data, Linux swap: UAPI.2, Discoverable Partitions Specification.
constexpr const char* kLinuxData = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
constexpr const char* kLinuxSwap = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F";

using Label = Handle<fdisk_parttype, fdisk_unref_parttype>;

std::uint64_t down_to_mib(std::uint64_t bytes) { return bytes / kMiB * kMiB; }

Result<void> sync_disk(int fd) {
  if (fsync(fd) != 0) return fail_errno(errno, "syncing the disk");
  return {};
}

/// Where the partitions of a new table will lie, in bytes.
struct Layout {
  std::uint64_t start = kMiB;
  std::uint64_t end = 0;
  std::uint64_t swap_end = 0;  ///< 0: no swap; else it begins at `end`
};

Result<Layout> lay_out(const Geometry& geometry, std::uint64_t swap_size) {
  constexpr std::uint64_t kLeast = 16 * kMiB;
  // The last MiB is the backup's: 128 entries of 128 bytes and the header.
  Layout layout{.end = down_to_mib(geometry.size - kMiB)};
  if (swap_size > 0) {
    layout.swap_end = layout.end;
    if (swap_size > layout.end) return fail(Reason::kInvalidInput, "the disk is smaller than that");
    layout.end = down_to_mib(layout.end - swap_size);
  }
  if (layout.end < layout.start + kLeast) {
    return fail(
        Reason::kInvalidInput,
        "the disk's " + std::to_string(geometry.size / kMiB) +
            " MiB are too few for a file system" +
            (swap_size > 0 ? " beside " + std::to_string(swap_size / kMiB) + " MiB of swap" : ""));
  }
  return layout;
}

/// The disk's end first, then the page with the table's beginning by one write, and only then what
/// lies behind it: a boot that finds this half done sees the old table whole, or a disk whose first
/// and last MiB are zero, which is blank.
Result<void> clear_table(int fd, const Geometry& geometry) {
  if (auto done = write_zeros(fd, geometry.size - kMiB, kMiB); !done) return done;
  if (auto done = sync_disk(fd); !done) return done;
  if (auto done = write_zeros(fd, 0, kPage); !done) return done;
  if (auto done = sync_disk(fd); !done) return done;
  if (auto done = write_zeros(fd, 0, kMiB); !done) return done;
  return sync_disk(fd);
}

/// The table, and where the new partitions will begin and end.
Result<void> clear_disk(int fd, const Geometry& geometry, const Layout& layout) {
  const auto zero = [fd](std::uint64_t start) { return write_zeros(fd, start, kMiB); };
  const std::uint64_t last = layout.swap_end > 0 ? layout.swap_end : layout.end;
  for (const std::uint64_t start : {last - kMiB, layout.end - kMiB}) {
    if (auto done = zero(start); !done) return done;
  }
  if (layout.swap_end > 0) {
    if (auto done = zero(layout.end); !done) return done;
  }
  if (auto done = clear_table(fd, geometry); !done) return done;
  if (auto done = zero(layout.start); !done) return done;
  // What has its signature elsewhere, such as VMFS, at 1 and 2 MiB.
  if (auto done = wipe_signatures(fd, 0, 0); !done) return done;
  if (auto done = wipe_signatures(fd, layout.start, layout.end - layout.start); !done) return done;
  if (layout.swap_end > 0) {
    if (auto done = wipe_signatures(fd, layout.end, layout.swap_end - layout.end); !done) {
      return done;
    }
  }
  return sync_disk(fd);
}

/// One partition more in libfdisk's table.
Result<MadePartition> add_partition(fdisk_context* context, const std::string& path,
                                    MadePartition wanted, const char* type) {
  const std::uint64_t sector = fdisk_get_sector_size(context);
  const FdiskPartition partition(fdisk_new_partition());
  const Label label(fdisk_label_parse_parttype(fdisk_get_label(context, nullptr), type));
  if (!partition || !label) return fail(Reason::kIo, "no memory for libfdisk");
  if (wanted.uuid.empty()) {
    auto uuid = new_uuid();
    if (!uuid) return fail(std::move(uuid.error()));
    wanted.uuid = std::move(*uuid);
  }
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

/// The new table in memory.
Result<MadePartitions> make_table(const TableImage& image, const std::string& path,
                                  const NewTable& table, const Layout& layout) {
  auto context = image.open(path);
  if (!context) return fail(std::move(context.error()));
  int result = fdisk_create_disklabel(context->get(), "gpt");
  if (result != 0) return fail_errno(-result, "making a partition table");
  MadePartitions made;
  auto data = add_partition(context->get(), path,
                            {.number = 1,
                             .uuid = lower(table.uuid),
                             .start = layout.start,
                             .size = layout.end - layout.start},
                            kLinuxData);
  if (!data) return fail(std::move(data.error()));
  made.data = std::move(*data);
  if (layout.swap_end > 0) {
    auto swap = add_partition(context->get(), path,
                              {.number = 2,
                               .uuid = lower(table.swap_uuid),
                               .start = layout.end,
                               .size = layout.swap_end - layout.end},
                              kLinuxSwap);
    if (!swap) return fail(std::move(swap.error()));
    made.swap = std::move(*swap);
  }
  result = fdisk_write_disklabel(context->get());
  if (result != 0) return fail_errno(-result, "making a partition table");
  return made;
}

/// Has the kernel read the table. It refuses while somebody, mostly udev, has one of the old
/// partitions open.
Result<void> reread_table(int fd, const Deadline& deadline) {
  Backoff backoff(
      {.initial = std::chrono::milliseconds(20), .longest = std::chrono::milliseconds(500)});
  constexpr Duration kPatience = std::chrono::seconds(10);
  const Deadline until = deadline.within(kPatience);
  while (ioctl(fd, BLKRRPART) != 0) {
    if (errno != EBUSY) return fail_errno(errno, "having the kernel read the partition table");
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

/// A kernel that can't read a GPT, or reads it late, is told what is in it.
Result<void> tell_kernel(int fd, const MadePartitions& made, const Deadline& deadline) {
  if (auto done = reread_table(fd, deadline); !done) return done;
  for (const MadePartition& each : partitions_of(made)) {
    if (kernel_partition_size(each.device) == each.size) continue;
    if (auto done = change_kernel_partition(fd, BLKPG_ADD_PARTITION, each); !done) return done;
  }
  return {};
}

/// Takes a partition from the kernel, once nobody has it open; udev looks into it for a moment.
Result<void> remove_from_kernel(int fd, const MadePartition& partition) {
  Backoff backoff(
      {.initial = std::chrono::milliseconds(20), .longest = std::chrono::milliseconds(500)});
  constexpr Duration kPatience = std::chrono::seconds(5);
  SystemClock clock;
  const Deadline until(clock, kPatience);
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
  auto geometry = geometry_of(fd);
  if (!geometry) return fail(std::move(geometry.error()), context);
  auto image = TableImage::empty(*geometry);
  if (!image) return fail(std::move(image.error()), context);
  auto layout = lay_out(*geometry, table.swap_size);
  if (!layout) return fail(std::move(layout.error()), context);
  auto made = make_table(*image, path, table, *layout);
  if (!made) return fail(std::move(made.error()), context);
  if (auto done = clear_disk(fd, *geometry, *layout); !done) {
    return fail(std::move(done.error()), context);
  }
  // The primary first, against UEFI's order: a disk with just a backup has no table, yet is not
  // empty, and no later boot would touch it. The primary says whose work it is.
  if (auto done = image->write_primary(fd, layout->start); !done) {
    return fail(std::move(done.error()), context);
  }
  if (auto done = image->write_backup(fd); !done) return fail(std::move(done.error()), context);
  if (!geometry->block_device) return made;
  if (auto done = tell_kernel(fd, *made, deadline); !done) {
    return fail(std::move(done.error()), context);
  }
  return made;
}

Result<void> erase_partition_table(int fd, const std::string& path,
                                   const std::optional<MadePartitions>& table) {
  const std::string context = "clearing " + path;
  auto geometry = geometry_of(fd);
  if (!geometry) return fail(std::move(geometry.error()), context);
  if (table && geometry->block_device) {
    for (const MadePartition& each : partitions_of(*table)) {
      if (auto removed = remove_from_kernel(fd, each); !removed)
        return fail(std::move(removed.error()), context);
    }
  }
  if (auto done = clear_table(fd, *geometry); !done) return fail(std::move(done.error()), context);
  return {};
}

}  // namespace azl::disk
