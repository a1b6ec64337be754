#include "disk/inventory.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include <fcntl.h>

#include "base/text.h"
#include "disk/mounted.h"
#include "disk/probe.h"
#include "disk/sysfs.h"
#include "disk/usage.h"

namespace azl::disk {

namespace {

/// Between names of files: beside NUL, it is the one character that no name has.
constexpr std::string_view kSeparator = "/";

std::uint64_t size_at(const Root& root, const std::string& path) {
  const std::uint64_t sectors = parse_number(attribute(root, path)).value_or(0);
  return sectors > UINT64_MAX / kSysfsSector ? 0 : sectors * kSysfsSector;
}

bool is_disk(const Root& root, const std::string& name) {
  constexpr std::array<std::string_view, 8> kOthers{"loop", "ram", "zram", "dm-",
                                                    "sr",   "fd",  "nbd",  "md"};
  for (const std::string_view other : kOthers) {
    if (!name.starts_with(other)) continue;
    const std::string_view rest = std::string_view(name).substr(other.size());
    // "md_d0" and "md_name" are arrays, too.
    if (rest.starts_with('_') || parse_number(rest)) return false;
  }
  const std::string directory = "/sys/block/" + name;
  return attribute(root, directory + "/hidden") != "1" && size_at(root, directory + "/size") > 0;
}

/// The partitions as the kernel knows them.
std::vector<Partition> read_partitions(const Root& root, const Usage& usage,
                                       const std::string& disk) {
  const std::string directory = "/sys/block/" + disk;
  std::vector<Partition> partitions;
  // A disk that goes away meanwhile has none any more.
  for (const std::string& name : root.list(directory).value_or(std::vector<std::string>())) {
    if (!name.starts_with(disk)) continue;
    const std::string path = directory + "/" + name;
    const auto number = parse_number(attribute(root, path + "/partition"));
    if (!number || *number == 0 || *number > INT32_MAX) continue;
    partitions.push_back({.number = static_cast<int>(*number),
                          .device = node_of(name),
                          .start = size_at(root, path + "/start"),
                          .size = size_at(root, path + "/size"),
                          .use = read_use(root, usage, path)});
  }
  std::ranges::stable_sort(partitions, {}, &Partition::start);
  return partitions;
}

/// All that is known of a disk without opening it.
Disk describe(const Root& root, const Usage& usage, const std::string& name) {
  const std::string directory = "/sys/block/" + name;
  // udev's file of a device is there when its links are.
  const bool seen_through = root.exists("/run/udev/data/b" + attribute(root, directory + "/dev"));
  return {.device = node_of(name),
          .size = size_at(root, directory + "/size"),
          .sequence = seen_through ? disk_sequence(root, name) : 0,
          .read_only = attribute(root, directory + "/ro") == "1",
          .partitions = read_partitions(root, usage, name),
          .use = read_use(root, usage, directory)};
}

void identify(DiskIdentity identity, Disk& disk) {
  disk.kind = identity.kind;
  disk.number = identity.number;
  disk.why = std::move(identity.why);
}

/// Numbers the local disks that have no index, or that of another one, by their place.
void number_local_disks(std::vector<Disk>& disks) {
  std::set<int> taken;
  for (Disk& disk : disks) {
    if (disk.kind != DiskKind::kLocal || disk.number < 0) continue;
    if (!taken.insert(disk.number).second) disk.number = -1;
  }
  int place = 0;
  for (Disk& disk : disks) {
    if (disk.kind != DiskKind::kLocal) continue;
    ++place;
    if (disk.number >= 0) continue;
    disk.number = place;
    while (!taken.insert(disk.number).second) ++disk.number;
  }
}

void look_into(const Root& root, Disk& disk) {
  // Not blocking: what is no disk (a drive without a disc, a planted FIFO) must not hold us up.
  const auto fd = root.open_file(disk.device, O_RDONLY | O_NONBLOCK);
  if (!fd) {
    disk.error = "it could not be opened: " + fd.error().to_string();
    return;
  }
  const auto looked = probe_disk(fd->get(), disk);
  if (!looked) disk.error = "it could not be read: " + looked.error().to_string();
}

}  // namespace

Result<std::vector<Disk>> read_disks(const Root& root, const std::vector<std::string>& local_models,
                                     const ReadOptions& options) {
  auto names = root.list("/sys/block");
  if (!names) return fail(std::move(names.error()), "listing the disks");
  const auto usage = read_usage(root);
  if (!usage) return fail(Error(usage.error()));
  std::ranges::sort(*names, counts_before);
  const auto with_root = find_root_disks(root, *usage);
  std::vector<Disk> disks;
  for (const std::string& name : *names) {
    if (is_disk(root, name)) disks.push_back(describe(root, *usage, name));
  }
  // After it is known which disks have theirs.
  const LinkedDisks links = read_links(root);
  for (Disk& disk : disks) {
    const auto name = name_of(disk.device);
    identify(with_root.contains(name)
                 ? DiskIdentity{.kind = DiskKind::kOs, .why = "the root file system is on it"}
                 : identify_disk(root, name, links, local_models, options.read_identify),
             disk);
  }
  number_local_disks(disks);
  for (Disk& disk : disks) {
    if (options.needs_content && options.needs_content(disk)) look_into(root, disk);
  }
  return disks;
}

bool is_ntfs_metafile(std::string_view name) {
  constexpr std::array<std::string_view, 11> kMetafiles{
      "$AttrDef", "$BadClus", "$Bitmap", "$Boot",   "$Extend", "$LogFile",
      "$MFT",     "$MFTMirr", "$Secure", "$UpCase", "$Volume"};
  return std::ranges::find(kMetafiles, name) != kMetafiles.end();
}

Result<std::vector<std::string>> read_entries(const Root& root, const std::string& device,
                                              const std::vector<std::string>& types,
                                              const Deadline& deadline) {
  // Who has more files than that has files, which is all that matters.
  constexpr std::size_t kLimit = 256 << 10;
  if (!root.live()) {
    return fail(Reason::kInvalidInput, "only disks of the running system are mounted");
  }
  const auto list = [](const Root& tree) -> Result<std::optional<std::string>> {
    auto names = tree.list("/");
    if (!names) return fail(std::move(names.error()));
    return join(*names, kSeparator);
  };
  const auto text = read_mounted({.path = device, .types = types}, list, kLimit, deadline);
  if (!text) return fail(Error(text.error()), "looking for files on " + device);
  const std::string names = text->value_or("");
  std::vector<std::string> entries;
  for (const std::string_view name : split(names, kSeparator.front())) {
    if (types != kNtfs || !is_ntfs_metafile(name)) entries.emplace_back(name);
  }
  return entries;
}

bool kernel_supports(const Root& root, const std::vector<std::string>& types) {
  const auto text = root.read("/proc/filesystems").value_or("");
  for (const std::string_view line : split(text, '\n')) {
    const auto name = trim(line.substr(line.find('\t') + 1));  // "nodev\tNAME", "\tNAME"
    if (std::ranges::find(types, name) != types.end()) return true;
  }
  return false;
}

std::vector<std::string> kernel_types(const Content& content) {
  return content.type == "ntfs" ? kNtfs : std::vector{content.type};
}

}  // namespace azl::disk
