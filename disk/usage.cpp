#include "disk/usage.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "disk/sysfs.h"

namespace azl::disk {

namespace {

constexpr std::size_t kLongestTable = 16 << 20;  // a host of many containers has many mounts

/// "36 35 8:17 / /mnt rw,noatime shared:1 - ext4 /dev/sdb1 rw", as of proc_pid_mountinfo(5).
std::optional<Mount> parse_mount(std::string_view line) {
  constexpr std::size_t kNumber = 2;
  constexpr std::size_t kPoint = 4;
  constexpr std::size_t kOptional = 6;  // any number of fields, and a "-" behind them
  const auto fields = split(line, ' ');
  if (fields.size() <= kOptional) return std::nullopt;
  const auto dash = std::find(fields.begin() + kOptional, fields.end(), "-");
  if (fields.end() - dash < 3) return std::nullopt;
  return Mount{.number = std::string(fields[kNumber]),
               .point = unescape_octal(fields[kPoint]),
               .type = unescape_octal(*(dash + 1)),
               .source = unescape_octal(*(dash + 2))};
}

/// The name of what a mount's source or a line of /proc/swaps means, through links as those of
/// /dev/mapper and /dev/disk.
std::string source_name(const Root& root, const std::string& source) {
  if (!source.starts_with("/dev/")) return {};
  return name_of(follow_links(root, source));
}

Result<std::string> read_table(const Root& root, const std::string& path) {
  auto text = root.read_if_exists(path, kLongestTable);
  if (!text) return fail(std::move(text.error()), "looking who uses the disks");
  return std::move(*text).value_or("");
}

/// The name of the device with that number; empty when it is none of a block device.
std::string name_of_number(const Root& root, const std::string& number) {
  const auto target = root.link_target("/sys/dev/block/" + number);
  return target ? target->substr(target->rfind('/') + 1) : std::string();  // npos + 1 is 0
}

const Mount* root_mount(const Usage& usage) {
  const auto found = std::find_if(usage.mounts.rbegin(), usage.mounts.rend(),
                                  [](const Mount& mount) { return mount.point == "/"; });
  return found == usage.mounts.rend() ? nullptr : &*found;
}

/// The whole disk that a name is or is a partition of; empty: there is none.
std::string whole_disk_of(const Root& root, const std::vector<std::string>& disks,
                          const std::string& name) {
  for (const std::string& disk : disks) {
    if (disk == name || root.exists("/sys/block/" + disk + "/" + name + "/partition")) return disk;
  }
  return {};
}

/// Adds the disks that `name` lies on.
void descend(const Root& root, const std::vector<std::string>& disks, const std::string& name,
             int depth, std::set<std::string>& found) {
  constexpr int kDeepest = 8;  // a file system on LUKS on LVM on md has 3
  const std::string disk = name.empty() ? std::string() : whole_disk_of(root, disks, name);
  if (disk.empty() || depth > kDeepest) return;
  found.insert(disk);
  const auto slaves = root.list("/sys/block/" + disk + "/slaves");
  if (!slaves) return;  // it went away meanwhile
  for (const std::string& slave : *slaves) descend(root, disks, slave, depth + 1, found);
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
  auto mountinfo = read_table(root, "/proc/self/mountinfo");
  if (!mountinfo) return std::unexpected(std::move(mountinfo.error()));
  if (root.live() && mountinfo->empty()) {
    // Nothing would be known to be in use, which is the one thing that must be known.
    return fail(Reason::kIo, "there is no /proc/self/mountinfo to see what is mounted");
  }
  auto swaps = read_table(root, "/proc/swaps");
  if (!swaps) return std::unexpected(std::move(swaps.error()));
  Usage usage{.mounts = parse_mountinfo(*mountinfo)};
  for (const Mount& mount : usage.mounts) {
    usage.used.push_back(
        {.number = mount.number, .name = source_name(root, mount.source), .point = mount.point});
  }
  for (const std::string& swap : parse_swaps(*swaps)) {
    usage.used.push_back({.number = "", .name = source_name(root, swap), .point = ""});
  }
  // The kernel lists no loop device among the holders of what it is set up on.
  for (const auto& name : root.list("/sys/block").value_or(std::vector<std::string>())) {
    if (!name.starts_with("loop")) continue;
    const auto file = attribute(root, "/sys/block/" + name + "/loop/backing_file");
    usage.used.push_back(
        {.number = "", .name = source_name(root, file), .point = "", .holder = name});
  }
  return usage;
}

Use read_use(const Root& root, const Usage& usage, const std::string& directory) {
  const std::string name = directory.substr(directory.rfind('/') + 1);
  const std::string number = attribute(root, directory + "/dev");
  Use use{.holders = root.list(directory + "/holders").value_or(std::vector<std::string>())};
  for (const auto& used : usage.used) {
    // By the source, too: btrfs has a number of its own that is no device's.
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
  const Mount* mount = root_mount(usage);
  if (mount == nullptr) return found;
  const auto disks = root.list("/sys/block").value_or(std::vector<std::string>());
  descend(root, disks, name_of_number(root, mount->number), 0, found);
  descend(root, disks, source_name(root, mount->source), 0, found);
  return found;
}

Result<RootFileSystem> read_root_file_system(const Root& root) {
  const auto usage = read_usage(root);
  if (!usage) return fail(Error(usage.error()));
  const Mount* mount = root_mount(*usage);
  if (mount == nullptr) return RootFileSystem{};
  RootFileSystem found{.source = mount->source, .type = mount->type};
  // A kernel that mounts its root without an initramfs calls it "/dev/root", which is no device.
  if (found.source == "/dev/root") {
    const std::string name = name_of_number(root, mount->number);
    found.source = name.empty() ? std::string() : node_of(name);
  }
  if (!found.source.starts_with("/dev/")) found.source.clear();
  return found;
}

}  // namespace azl::disk
