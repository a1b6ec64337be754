// The bytes of an open block device or image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "disk/block_device.h"

namespace azl::disk {

/// A part of a disk, in bytes; the end is behind it.
struct Area {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Reads a disk that somebody else has opened, and keeps open meanwhile.
class RawDisk {
 public:
  /// Errors: kInvalidInput for what is neither a block device nor a file, kIo.
  [[nodiscard]] static Result<RawDisk> of(int fd);

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }      ///< bytes
  [[nodiscard]] std::uint32_t sector() const { return sector_; }  ///< logical, bytes

  /// What is there, less at the disk's end. Errors: kIo.
  [[nodiscard]] Result<std::vector<std::byte>> read(std::uint64_t at, std::size_t size) const;
  /// Whether all of the area that lies on the disk is zero. Errors: kIo.
  [[nodiscard]] Result<bool> is_zero(Area area) const;

 private:
  RawDisk(int fd, std::uint64_t size, std::uint32_t sector)
      : fd_(fd), size_(size), sector_(sector) {}

  /// Reads all of it. Errors: kIo, also where the disk ends before.
  [[nodiscard]] Result<void> fill(std::uint64_t at, std::span<std::byte> bytes) const;

  int fd_;
  std::uint64_t size_;
  std::uint32_t sector_;
};

}  // namespace azl::disk
