#include "disk/table/raw_disk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace azl::disk {

Result<RawDisk> RawDisk::of(int fd) {
  constexpr std::uint32_t kImageSector = 512;
  constexpr int kMaxSector = 65'536;
  struct stat status{};
  if (fstat(fd, &status) != 0) return fail_errno(errno, "reading its attributes");
  if (S_ISREG(status.st_mode)) {
    return RawDisk(fd, static_cast<std::uint64_t>(status.st_size), kImageSector);
  }
  if (!S_ISBLK(status.st_mode)) {
    return fail(Reason::kInvalidInput, "it is neither a block device nor an image");
  }
  std::uint64_t size = 0;
  int sector = 0;
  if (ioctl(fd, BLKGETSIZE64, &size) != 0) return fail_errno(errno, "reading its size");
  if (ioctl(fd, BLKSSZGET, &sector) != 0) return fail_errno(errno, "reading its sector size");
  if (sector < static_cast<int>(kImageSector) || sector > kMaxSector) {
    return fail(Reason::kIo,
                "its sector size of " + std::to_string(sector) + " bytes is not supported");
  }
  return RawDisk(fd, size, static_cast<std::uint32_t>(sector));
}

Result<void> RawDisk::fill(std::uint64_t at, std::span<std::byte> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "reading at byte " + std::to_string(at + done));
    // A removed device reads as empty.
    if (got == 0) return fail(Reason::kIo, "it ends at byte " + std::to_string(at + done));
    done += static_cast<std::size_t>(got);
  }
  return {};
}

Result<std::vector<std::byte>> RawDisk::read(std::uint64_t at, std::size_t size) const {
  const std::uint64_t left = size_ - std::min(at, size_);
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, left)));
  OR_RETURN(fill(at, bytes));
  return bytes;
}

Result<bool> RawDisk::is_zero(Area area) const {
  constexpr std::size_t kChunk = 64 << 10;
  std::vector<std::byte> chunk(kChunk);
  area.end = std::min(area.end, size_);
  while (area.begin < area.end) {
    const auto size = std::min<std::uint64_t>(kChunk, area.end - area.begin);
    const auto bytes = std::span(chunk).first(static_cast<std::size_t>(size));
    OR_RETURN(fill(area.begin, bytes));
    // The first byte is zero and each byte equals the one before it. memcmp is faster than a loop.
    const bool zero = bytes.front() == std::byte{0} &&
                      std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
    if (!zero) return false;
    area.begin += size;
  }
  return true;
}

}  // namespace azl::disk
