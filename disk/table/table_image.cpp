#include "disk/table/table_image.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/block_device.h"

namespace azl::disk {

namespace {

constexpr std::uint64_t kPage = 4096;

Result<std::string> read_all(int fd, std::uint64_t at, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(fd, bytes.data() + done, size - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "reading the partition table");
    if (got == 0) return fail(Reason::kIo, "the device ends before its partition table does");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

/// Writes with one pwrite, unless the kernel accepts fewer bytes. A power cut can come between two.
Result<void> write_all(int fd, std::uint64_t at, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = pwrite(fd, bytes, size, static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail_errno(written < 0 ? errno : EIO, "writing the partition table");
    bytes += written;
    at += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return {};
}

Result<void> sync_to_disk(int fd) {
  if (fsync(fd) != 0) return fail_errno(errno, "syncing the partition table");
  return {};
}

std::uint64_t little_endian(const std::string& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

std::uint64_t round_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

}  // namespace

Result<Geometry> geometry_of(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return fail_errno(errno, "reading the device's attributes");
  if (S_ISREG(status.st_mode)) {
    return Geometry{.size = static_cast<std::uint64_t>(status.st_size), .sector_size = 512};
  }
  if (!S_ISBLK(status.st_mode)) return fail(Reason::kIo, "it is not a block device");
  Geometry geometry{.block_device = true};
  int sector_size = 0;
  if (ioctl(fd, BLKGETSIZE64, &geometry.size) != 0 || ioctl(fd, BLKSSZGET, &sector_size) != 0) {
    return fail_errno(errno, "measuring the device");
  }
  geometry.sector_size = static_cast<std::uint32_t>(sector_size);
  return geometry;
}

Result<TableImage> TableImage::empty(const Geometry& geometry) {
  constexpr std::uint64_t kMinSize = 4 * kMiB;
  if (geometry.size < kMinSize) {
    return fail(Reason::kInvalidInput, "the disk is too small for a partition table");
  }
  UniqueFd memory(memfd_create("partition table", MFD_CLOEXEC));
  if (!memory || ftruncate(memory.get(), static_cast<off_t>(geometry.size)) != 0) {
    return fail_errno(errno, "allocating memory for a partition table");
  }
  return TableImage(std::move(memory), geometry);
}

Result<TableImage> TableImage::copy_of(int fd, const Geometry& geometry) {
  auto image = OR_RETURN(empty(geometry));
  const auto head = OR_RETURN(read_all(fd, 0, kMiB));
  // The backup is not copied, so that libfdisk uses the primary only if it is intact. Repairing a
  // table from its backup is left to an administrator.
  OR_RETURN(image.patch(0, head));
  return image;
}

Result<FdiskContext> TableImage::open(const std::string& path) const {
  FdiskContext context(fdisk_new_context());
  if (!context) return fail(Reason::kIo, "no memory for libfdisk");
  fdisk_disable_dialogs(context.get(), 1);
  // The image is a regular file, for which libfdisk would assume sectors of 512 bytes.
  fdisk_save_user_sector_size(context.get(), geometry_.sector_size, geometry_.sector_size);
  fdisk_save_user_grain(context.get(), kMiB);
  const int result = fdisk_assign_device_by_fd(context.get(), memory_.get(), path.c_str(), 0);
  if (result != 0) return fail_errno(-result, "opening " + path + " with libfdisk");
  return context;
}

Result<std::string> TableImage::head() const { return read_all(memory_.get(), 0, kMiB); }

Result<void> TableImage::patch(std::uint64_t at, const std::string& bytes) const {
  return write_all(memory_.get(), at, bytes.data(), bytes.size());
}

Result<void> TableImage::write_backup(int fd) const {
  constexpr std::size_t kEntriesField = 72;  // PartitionEntryLBA, UEFI 2.10, table 5-5
  const std::uint64_t sector = geometry_.sector_size;
  const std::uint64_t end = geometry_.size / sector * sector;
  const auto header = OR_RETURN(read_all(memory_.get(), end - sector, sector));
  const std::uint64_t entries = little_endian(header, kEntriesField);
  if (!header.starts_with("EFI PART") || entries >= end / sector || end - entries * sector > kMiB) {
    return fail(Reason::kIo, "libfdisk made no backup of the partition table");
  }
  const std::uint64_t begin = entries * sector;
  const auto backup = OR_RETURN(read_all(memory_.get(), begin, end - begin));
  OR_RETURN(write_all(fd, begin, backup.data(), backup.size()));
  return sync_to_disk(fd);
}

Result<void> TableImage::write_primary(int fd, std::uint64_t limit) const {
  const std::uint64_t sector = geometry_.sector_size;
  const auto before = OR_RETURN(read_all(fd, 0, kMiB));
  const auto after = OR_RETURN(head());
  const auto first = std::ranges::mismatch(before, after).in1 - before.begin();
  if (first == static_cast<std::ptrdiff_t>(kMiB)) return {};
  std::uint64_t end = kMiB;
  while (before[end - 1] == after[end - 1]) --end;
  const std::uint64_t from = static_cast<std::uint64_t>(first) / sector * sector;
  end = round_up(end, sector);
  // The kernel writes whole pages, and the rest of the last one must not belong to a mounted
  // partition.
  if (round_up(end, kPage) > limit) {
    return fail(Reason::kInvalidInput, "the first partition is too close to the partition table");
  }
  OR_RETURN(write_all(fd, from, after.data() + from, end - from));
  return sync_to_disk(fd);
}

}  // namespace azl::disk
