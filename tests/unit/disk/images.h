// Images of file systems, loop devices, and checks that no mount is left.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

namespace azl::test {

inline bool has_program(const std::string& name) {
  return system(("command -v " + name + " >/dev/null").c_str()) == 0;  // NOLINT: a test's own
}

/// Whether tests can mount images on this machine.
inline bool can_mount_images() {
  if (geteuid() == 0 && has_program("mkfs.ext4") && access("/dev/loop-control", F_OK) == 0) {
    return true;
  }
  MESSAGE("skipped: needs root, mkfs.ext4 and loop devices");
  return false;
}

/// Runs a command. Throws if it fails.
inline void run(const std::string& command) {
  if (system((command + " >/dev/null 2>&1").c_str()) != 0) {  // NOLINT: a test's own
    throw std::runtime_error("failed: " + command);
  }
}

/// An image that is made from a tree of files.
class Image {
 public:
  /// The files for the image.
  TemporaryTree& files() { return files_; }
  /// Makes an ext4 image and returns its path. Azure's discs are UDF, which some kernels lack.
  std::string ext4() {
    run("mkfs.ext4 -q -O ^has_journal -d " + files_.path() + " " + path() + " 8M");
    return path();
  }
  /// Makes an image that is both UDF and ISO 9660, as Azure's discs are, and returns its path.
  std::string disc() {
    run("genisoimage -udf -J -R -o " + path() + " " + files_.path());
    return path();
  }
  /// Whether the image is attached to a loop device.
  [[nodiscard]] bool attached() const {
    for (const auto& device : std::filesystem::directory_iterator("/sys/block")) {
      std::ifstream file(device.path() / "loop/backing_file");
      std::string backing;
      if (std::getline(file, backing) && backing.starts_with(path())) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] std::string path() const { return output_.path("image"); }

  TemporaryTree files_;
  TemporaryTree output_;
};

/// A loop device for an image, for tests that need a block device.
class LoopDevice {
 public:
  explicit LoopDevice(const std::string& image, const std::string& options = "--read-only") {
    TemporaryTree output;
    run("sh -c 'losetup --find --show " + options + " " + image + " > " + output.path("name") +
        "'");
    path_ = output.read("name");
    path_.pop_back();
  }
  ~LoopDevice() {
    const auto command = "losetup --detach " + path_;
    if (system(command.c_str()) != 0) {  // NOLINT: a test's own
      std::fprintf(stderr, "failed: %s\n", command.c_str());
    }
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Whether the media is mounted in this process's mount namespace.
inline bool sees_media_mounted() {
  std::ifstream file("/proc/self/mountinfo");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return text.find("/run/azl-provision/media") != std::string::npos;
}

}  // namespace azl::test
