#include "disk/usage.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/sysfs.h"
#include "base/text.h"
#include "disk/sysfs.h"

namespace azl::disk {

namespace {

constexpr std::size_t kMaxTable = 16 << 20;  // a host with many containers has many mounts

/// Parses a line such as "36 35 8:17 / /mnt rw,noatime shared:1 - ext4 /dev/sdb1 rw", see
/// proc_pid_mountinfo(5).
std::optional<Mount> parse_mount(std::string_view line) {
  constexpr std::size_t kNumber = 2;
  constexpr std::size_t kPoint = 4;
  constexpr std::size_t kOptional = 6;  // any number of fields, followed by "-"
  const auto fields = split(line, ' ');
  if (fields.size() <= kOptional) return std::nullopt;
  const auto dash = std::find(fields.begin() + kOptional, fields.end(), "-");
  if (fields.end() - dash < 3) return std::nullopt;
  return Mount{.number = std::string(fields[kNumber]),
               .point = unescape_octal(fields[kPoint]),
               .type = unescape_octal(*(dash + 1)),
               .source = unescape_octal(*(dash + 2))};
}

/// The name in /sys of a mount's or a swap area's source. Follows links such as those in
/// /dev/mapper and /dev/disk. Empty if the source is not a device.
std::string source_name(const Root& root, const std::string& source) {
  if (!source.starts_with("/dev/")) return {};
  return name_of(follow_links(root, source));
}

Result<std::string> read_table(const Root& root, const std::string& path) {
  auto text = OR_RETURN(root.read_if_exists(path, kMaxTable), "checking which disks are in use");
  return std::move(text).value_or("");
}

/// The name of the block device with this number; empty if there is none.
std::string name_of_number(const Root& root, const std::string& number) {
  return read_link_name(root, "/sys/dev/block/" + number);
}

const Mount* find_root_mount(const Usage& usage) {
  const auto found = std::find_if(usage.mounts.rbegin(), usage.mounts.rend(),
                                  [](const Mount& mount) { return mount.point == "/"; });
  return found == usage.mounts.rend() ? nullptr : &*found;
}

/// The whole disk that `name` is, or is a partition of; empty if there is none.
std::string whole_disk_of(const Root& root, const std::vector<std::string>& disks,
                          const std::string& name) {
  for (const std::string& disk : disks) {
    if (disk == name || root.exists("/sys/block/" + disk + "/" + name + "/partition")) return disk;
  }
  return {};
}

/// Adds the disk of `name` and the disks below it to `found`.
void add_disks_below(const Root& root, const std::vector<std::string>& disks,
                     const std::string& name, int depth, std::set<std::string>& found) {
  constexpr int kMaxDepth = 8;  // a file system on LUKS on LVM on md needs 3
  const std::string disk = name.empty() ? std::string() : whole_disk_of(root, disks, name);
  if (disk.empty() || depth > kMaxDepth) return;
  found.insert(disk);
  const auto slaves = root.list("/sys/block/" + disk + "/slaves");
  if (!slaves) return;  // the device was removed
  for (const std::string& slave : *slaves) add_disks_below(root, disks, slave, depth + 1, found);
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (const auto line : split(text, '\n')) {
    if (auto mount = parse_mount(line)) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

std::vector<std::string> parse_swaps(std::string_view text) {
  std::vector<std::string> swaps;
  for (const auto line : split(text, '\n')) {
    const auto name = line.substr(0, line.find_first_of(" \t"));
    if (name.starts_with('/'))
      swaps.push_back(unescape_octal(name));  // the first line is a heading
  }
  return swaps;
}

Result<Usage> read_usage(const Root& root) {
  const auto mountinfo = OR_RETURN(read_table(root, "/proc/self/mountinfo"));
  if (root.live() && mountinfo.empty()) {
    // Without it, all disks would seem to be unused.
    return fail(Reason::kIo, "/proc/self/mountinfo does not exist");
  }
  const auto swaps = OR_RETURN(read_table(root, "/proc/swaps"));
  Usage usage{.mounts = parse_mountinfo(mountinfo)};
  for (const Mount& mount : usage.mounts) {
    usage.used.push_back(
        {.number = mount.number, .name = source_name(root, mount.source), .point = mount.point});
  }
  for (const std::string& swap : parse_swaps(swaps)) {
    usage.used.push_back({.number = "", .name = source_name(root, swap), .point = ""});
  }
  // The kernel does not list loop devices as holders of their backing devices.
  for (const auto& name : root.list("/sys/block").value_or(std::vector<std::string>())) {
    if (!name.starts_with("loop")) continue;
    const auto file = read_attribute(root, "/sys/block/" + name + "/loop/backing_file");
    usage.used.push_back(
        {.number = "", .name = source_name(root, file), .point = "", .holder = name});
  }
  return usage;
}

Use read_use(const Root& root, const Usage& usage, const std::string& directory) {
  const std::string name = directory.substr(directory.rfind('/') + 1);
  const std::string number = read_attribute(root, directory + "/dev");
  Use use{.holders = root.list(directory + "/holders").value_or(std::vector<std::string>())};
  for (const auto& used : usage.used) {
    // The name is compared too, because the number of a btrfs mount is not that of a device.
    if (used.name != name && (number.empty() || used.number != number)) continue;
    if (!used.holder.empty()) {
      use.holders.push_back(used.holder);
    } else if (used.point.empty()) {
      use.swap = true;
    } else if (std::ranges::find(use.mounted_at, used.point) == use.mounted_at.end()) {
      use.mounted_at.push_back(used.point);
    }
  }
  return use;
}

std::set<std::string> find_root_disks(const Root& root, const Usage& usage) {
  std::set<std::string> found;
  const Mount* mount = find_root_mount(usage);
  if (mount == nullptr) return found;
  const auto disks = root.list("/sys/block").value_or(std::vector<std::string>());
  add_disks_below(root, disks, name_of_number(root, mount->number), 0, found);
  add_disks_below(root, disks, source_name(root, mount->source), 0, found);
  return found;
}

Result<RootFileSystem> read_root_file_system(const Root& root) {
  const auto usage = OR_RETURN(read_usage(root));
  const Mount* mount = find_root_mount(usage);
  if (mount == nullptr) return RootFileSystem{};
  RootFileSystem found{.source = mount->source, .type = mount->type};
  // Without an initramfs, the kernel calls the source "/dev/root", which is not a device.
  if (found.source == "/dev/root") {
    const std::string name = name_of_number(root, mount->number);
    found.source = name.empty() ? std::string() : node_of(name);
  }
  if (!found.source.starts_with("/dev/")) found.source.clear();
  return found;
}

}  // namespace azl::disk
