#include "disk/sysfs.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <utility>

#include <linux/fs.h>
#include <sys/ioctl.h>

#include "base/sysfs.h"

namespace azl::disk {

namespace {

constexpr std::string_view kDev = "/dev/";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Removes the leading digits, or the leading other characters, from `text` and returns them.
std::string_view take_run(std::string_view& text) {
  const bool digits = is_digit(text.front());
  const auto* const end =
      std::find_if(text.begin(), text.end(), [&](char c) { return is_digit(c) != digits; });
  const auto run = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(run.size());
  return run;
}

}  // namespace

std::uint64_t disk_sequence(const Root& root, const std::string& name) {
  return read_number(root, "/sys/block/" + name + "/diskseq").value_or(0);
}

std::uint64_t disk_sequence(int fd) {
  std::uint64_t sequence = 0;
  return ::ioctl(fd, BLKGETDISKSEQ, &sequence) == 0 ? sequence : 0;
}

std::string node_of(std::string name) {
  std::ranges::replace(name, '!', '/');
  return std::string(kDev) + name;
}

std::string name_of(std::string_view node) {
  if (!node.starts_with(kDev)) return {};
  std::string name(node.substr(kDev.size()));
  std::ranges::replace(name, '/', '!');
  return name;
}

std::string partition_node(std::string_view disk, int number) {
  const bool ends_with_digit = !disk.empty() && is_digit(disk.back());
  return std::string(disk) + (ends_with_digit ? "p" : "") + std::to_string(number);
}

std::string follow_links(const Root& root, std::string path) {
  constexpr int kMaxLinks = 16;
  for (int i = 0; i < kMaxLinks; ++i) {
    const auto target = root.link_target(path);
    if (!target) return path;
    path = (std::filesystem::path(path).parent_path() / *target).lexically_normal().string();
  }
  return {};
}

bool counts_before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const auto left = take_run(a);
    const auto right = take_run(b);
    if (left == right) continue;
    // Numbers have no leading zeros, and a driver counts its disks in letters as if these were
    // digits, so the longer one comes later.
    if (is_digit(left.front()) == is_digit(right.front()) &&
        (is_digit(left.front()) || left.front() == right.front())) {
      return std::pair(left.size(), left) < std::pair(right.size(), right);
    }
    return left < right;
  }
  return a.empty() && !b.empty();
}

}  // namespace azl::disk
