// Disks as sparse files, and their partition tables as libblkid reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <blkid/blkid.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/temporary_tree.h"

namespace azl::test {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::int64_t kMiBSectors = 2048;  ///< of 512 bytes

/// A sparse file that is used as a disk.
class SparseDisk {
 public:
  explicit SparseDisk(std::uint64_t size) {
    fd_ = UniqueFd(::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    resize(size);
  }
  [[nodiscard]] std::string path() const { return tree_.path("disk"); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void resize(std::uint64_t size) const {
    if (ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) throw std::runtime_error("ftruncate");
  }
  [[nodiscard]] std::string bytes(std::uint64_t at, std::size_t size) const {
    std::string text(size, '\0');
    if (pread(fd_.get(), text.data(), size, static_cast<off_t>(at)) != static_cast<ssize_t>(size)) {
      throw std::runtime_error("pread");
    }
    return text;
  }
  void put(std::uint64_t at, const std::string& bytes) const {
    if (pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("pwrite");
    }
  }

 private:
  TemporaryTree tree_;
  UniqueFd fd_;
};

/// A partition as libblkid reads it, in sectors of 512 bytes.
struct SeenPartition {
  int number = 0;
  std::int64_t start = 0;
  std::int64_t size = 0;
  std::string uuid = {};
  std::string type = {};
  bool operator==(const SeenPartition&) const = default;
};

/// Reads the partitions of a disk. Returns the table's type, "gpt" or "dos"; empty if there is
/// none.
inline std::string seen_partitions(const std::string& path, std::vector<SeenPartition>* seen) {
  const Handle<blkid_struct_probe, blkid_free_probe> probe(
      blkid_new_probe_from_filename(path.c_str()));
  if (!probe) throw std::runtime_error("libblkid can't read " + path);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_partlist list = blkid_probe_get_partitions(probe.get());
  seen->clear();
  if (list == nullptr) return {};
  for (int i = 0; i < blkid_partlist_numof_partitions(list); ++i) {
    blkid_partition each = blkid_partlist_get_partition(list, i);
    const char* uuid = blkid_partition_get_uuid(each);
    const char* type = blkid_partition_get_type_string(each);
    seen->push_back({.number = blkid_partition_get_partno(each),
                     .start = blkid_partition_get_start(each),
                     .size = blkid_partition_get_size(each),
                     .uuid = uuid == nullptr ? "" : uuid,
                     .type = type == nullptr ? "" : type});
  }
  blkid_parttable table = blkid_partlist_get_table(list);
  return table == nullptr ? "" : blkid_parttable_get_type(table);
}

/// The TYPE or PTTYPE that libblkid finds in a part of a disk; empty if there is none.
inline std::string seen_type(const SparseDisk& disk, std::uint64_t start, std::uint64_t size) {
  const Handle<blkid_struct_probe, blkid_free_probe> probe(blkid_new_probe());
  blkid_probe_set_device(probe.get(), disk.fd(), static_cast<blkid_loff_t>(start),
                         static_cast<blkid_loff_t>(size));
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_enable_partitions(probe.get(), 1);
  if (blkid_do_fullprobe(probe.get()) != 0) return {};
  const char* value = nullptr;
  if (blkid_probe_lookup_value(probe.get(), "TYPE", &value, nullptr) == 0) return value;
  if (blkid_probe_lookup_value(probe.get(), "PTTYPE", &value, nullptr) == 0) return value;
  return {};
}

/// An entry of a dos table. Its status and CHS addresses have values in which any change shows.
inline std::string dos_entry(unsigned char type, std::uint32_t start, std::uint32_t size) {
  std::string entry("\x80\x01\x02\x03", 4);
  entry += static_cast<char>(type);
  entry += std::string("\x04\x05\x06", 3);
  for (const std::uint32_t value : {start, size}) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      entry += static_cast<char>(value >> shift & 0xFFU);
    }
  }
  return entry;
}

/// Writes a dos table with these entries.
inline void put_dos_table(const SparseDisk& disk, const std::vector<std::string>& entries) {
  std::string sector(440, 'B');  // boot code
  sector += std::string("\x11\x22\x33\x44\x00\x00", 6);
  for (std::size_t i = 0; i < 4; ++i)
    sector += i < entries.size() ? entries[i] : std::string(16, 0);
  sector += "\x55\xAA";
  disk.put(0, sector);
}

}  // namespace azl::test
