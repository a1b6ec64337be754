// Reading the bytes of an open block device or image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "disk/block_device.h"

namespace azl::disk {

/// A part of a disk, in bytes. `end` is the first byte behind it.
struct Area {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Reads a disk. The caller keeps the file open.
class RawDisk {
 public:
  /// Errors: kInvalidInput (neither a block device nor a file), kIo.
  [[nodiscard]] static Result<RawDisk> of(int fd);

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }      ///< bytes
  [[nodiscard]] std::uint32_t sector() const { return sector_; }  ///< logical, bytes

  /// Reads `size` bytes, or less at the end of the disk. Errors: kIo.
  [[nodiscard]] Result<std::vector<std::byte>> read(std::uint64_t at, std::size_t size) const;
  /// Whether the area is zero. Ignores the part behind the end of the disk. Errors: kIo.
  [[nodiscard]] Result<bool> is_zero(Area area) const;

 private:
  RawDisk(int fd, std::uint64_t size, std::uint32_t sector)
      : fd_(fd), size_(size), sector_(sector) {}

  /// Fills all of `bytes`. Errors: kIo, also at the end of the disk.
  [[nodiscard]] Result<void> fill(std::uint64_t at, std::span<std::byte> bytes) const;

  int fd_;
  std::uint64_t size_;
  std::uint32_t sector_;
};

}  // namespace azl::disk
