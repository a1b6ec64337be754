// Disks that are loop devices with temporary images, and file systems mounted from them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"

namespace azl::test {

constexpr std::uint64_t kMiB = 1U << 20U;

/// Long enough for mkfs on a busy machine.
inline Deadline disk_patience() {
  static const SystemClock clock;
  return {clock, std::chrono::minutes(2)};
}

/// Runs a program and returns its output without trailing newlines. Throws if it fails.
inline std::string run(std::vector<std::string> argv) {
  SystemProcesses processes;
  auto done = processes.run({.argv = std::move(argv)}, disk_patience());
  if (!done) throw std::runtime_error(done.error().to_string());
  while (done->out.ends_with('\n')) done->out.pop_back();
  return done->out;
}

/// A path in the directory of disk_writing_test.sh.
inline std::string work(const std::string& name) {
  const char* directory = std::getenv("AZL_DISK_WORK");  // NOLINT(concurrency-mt-unsafe)
  if (directory == nullptr) throw std::runtime_error("run this with disk_writing_test.sh");
  return std::string(directory) + "/" + name;
}

/// A loop device. The destructor detaches it and removes its image.
class LoopDisk {
 public:
  explicit LoopDisk(std::uint64_t size, int sector_size = 512) {
    static int count = 0;
    image_ = work("disk-" + std::to_string(count++));
    const UniqueFd fd(::open(image_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (ftruncate(fd.get(), static_cast<off_t>(size)) != 0) throw std::runtime_error("ftruncate");
    device_ = run({"losetup", "--find", "--show", "--partscan", "--sector-size",
                   std::to_string(sector_size), image_});
  }
  ~LoopDisk() {
    // If this fails because the device is in use, the script detaches it.
    SystemProcesses processes;
    (void)processes.run({.argv = {"losetup", "--detach", device_}}, disk_patience());
    (void)unlink(image_.c_str());  // the script removes its directory anyway
  }
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  [[nodiscard]] const std::string& device() const { return device_; }
  [[nodiscard]] std::string partition(int number) const {
    return device_ + "p" + std::to_string(number);
  }
  /// Opens the disk. With O_EXCL that can fail with errno.
  [[nodiscard]] UniqueFd open(int flags = 0) const {
    return UniqueFd(::open(device_.c_str(), O_RDWR | O_CLOEXEC | flags));
  }
  /// Makes the disk larger.
  void grow(std::uint64_t size) const {
    if (truncate(image_.c_str(), static_cast<off_t>(size)) != 0) {
      throw std::runtime_error("truncate");
    }
    run({"losetup", "--set-capacity", device_});
  }
  /// Reads bytes of the disk.
  [[nodiscard]] std::string bytes(std::uint64_t at, std::size_t size) const {
    const UniqueFd fd = open();
    std::string text(size, '\0');
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got =
          pread(fd.get(), text.data() + done, size - done, static_cast<off_t>(at + done));
      if (got <= 0) throw std::runtime_error("pread");
      done += static_cast<std::size_t>(got);
    }
    return text;
  }

 private:
  std::string image_;
  std::string device_;
};

/// A mounted file system. The destructor unmounts it.
class Mounted {
 public:
  Mounted(const std::string& device, const std::string& type) : path_(work("mnt")) {
    (void)mkdir(path_.c_str(), 0755);  // it may exist
    if (mount(device.c_str(), path_.c_str(), type.c_str(), 0, nullptr) != 0) {
      throw std::runtime_error("mounting " + device);
    }
  }
  ~Mounted() { (void)umount2(path_.c_str(), 0); }  // the namespace ends with the test
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Writes a file with pseudo-random bytes.
  void fill(const std::string& name, std::size_t size) const {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
      state = state * 1664525U + 1013904223U;
      c = static_cast<char>(state >> 24U);
    }
    std::ofstream file(path_ + "/" + name, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error("writing " + name);
  }
  [[nodiscard]] std::string checksum(const std::string& name) const {
    return run({"sha256sum", path_ + "/" + name});
  }

 private:
  std::string path_;
};

/// Freezes a mounted file system, so that it writes nothing.
class Frozen {
 public:
  explicit Frozen(const Mounted& mounted)
      : fd_(::open(mounted.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (ioctl(fd_.get(), FIFREEZE, 0) != 0) throw std::runtime_error("FIFREEZE");
  }
  ~Frozen() {
    (void)ioctl(fd_.get(), FITHAW, 0);
  }  // if this fails, unmounting hangs and the test fails
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  UniqueFd fd_;
};

}  // namespace azl::test
