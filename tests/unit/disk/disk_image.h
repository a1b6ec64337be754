// A disk as a file, with a table and file systems made by their own programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "disk/probe.h"
#include "tests/unit/disk/images.h"
#include "tests/unit/temporary_tree.h"

namespace azl::test {

/// Returns true if sfdisk is missing. Tests that need it to make tables are then skipped.
inline bool without_sfdisk() { return !has_program("sfdisk"); }

/// A disk as a file, zero at first.
class DiskImage {
 public:
  static constexpr std::uint64_t kMiB = 1 << 20;

  explicit DiskImage(std::uint64_t size = 64 * kMiB) {
    tree_.write("disk", "");
    std::filesystem::resize_file(path(), size);
  }
  [[nodiscard]] std::string path() const { return tree_.path("disk"); }
  /// Writes a table with an sfdisk script.
  DiskImage& table(const std::string& script) {
    run("printf '" + script + "' | sfdisk --no-reread --wipe never " + path());
    return *this;
  }
  /// Runs a command on a file and copies the result to the disk at `at`. 0: runs it on the whole
  /// disk.
  DiskImage& content(const std::string& command, std::uint64_t at, std::uint64_t size = 4 * kMiB) {
    if (at == 0) {
      run(command + " " + path());
      return *this;
    }
    const std::string part = tree_.path("part");
    run("truncate --size=0 " + part + "; truncate --size=" + std::to_string(size) + " " + part);
    run(command + " " + part);
    run("dd conv=notrunc,sparse bs=64K oflag=seek_bytes seek=" + std::to_string(at) +
        " if=" + part + " of=" + path());
    return *this;
  }
  DiskImage& bytes(std::uint64_t at, const std::string& text) {
    const UniqueFd fd(open(path().c_str(), O_WRONLY | O_CLOEXEC));
    if (pwrite(fd.get(), text.data(), text.size(), static_cast<off_t>(at)) < 0) {
      throw std::runtime_error("cannot write " + path());
    }
    return *this;
  }
  DiskImage& resize(std::uint64_t size) {
    std::filesystem::resize_file(path(), size);
    return *this;
  }
  [[nodiscard]] disk::Disk probe(disk::Disk disk = {.device = "/dev/sdb"}) const {
    const UniqueFd fd(open(path().c_str(), O_RDONLY | O_CLOEXEC));
    const auto probed = disk::probe_disk(fd.get(), disk);
    if (!probed) throw std::runtime_error(probed.error().to_string());
    return disk;
  }

 private:
  TemporaryTree tree_;
};

}  // namespace azl::test
