#include "disk/inventory.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fcntl.h>

#include "base/log.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "disk/mounted.h"
#include "disk/probe.h"
#include "disk/sysfs.h"
#include "disk/usage.h"

namespace azl::disk {

namespace {

/// Separates file names in a text. No name can contain it.
constexpr std::string_view kSeparator = "/";

std::uint64_t size_at(const Root& root, const std::string& path) {
  const std::uint64_t sectors = read_number(root, path).value_or(0);
  return sectors > UINT64_MAX / kSysfsSector ? 0 : sectors * kSysfsSector;
}

bool is_disk(const Root& root, const std::string& name) {
  constexpr std::array<std::string_view, 8> kOthers{"loop", "ram", "zram", "dm-",
                                                    "sr",   "fd",  "nbd",  "md"};
  for (const std::string_view other : kOthers) {
    if (!name.starts_with(other)) continue;
    const std::string_view rest = std::string_view(name).substr(other.size());
    // "md_d0" and "md_name" are also arrays.
    if (rest.starts_with('_') || parse_number(rest)) return false;
  }
  const std::string directory = "/sys/block/" + name;
  return read_attribute(root, directory + "/hidden") != "1" &&
         size_at(root, directory + "/size") > 0;
}

/// Reads the partitions of a disk in the kernel.
std::vector<Partition> read_partitions(const Root& root, const Usage& usage,
                                       const std::string& disk) {
  const std::string directory = "/sys/block/" + disk;
  std::vector<Partition> partitions;
  // A disk that is removed at this moment has no partitions.
  for (const std::string& name : root.list(directory).value_or(std::vector<std::string>())) {
    if (!name.starts_with(disk)) continue;
    const std::string path = directory + "/" + name;
    const auto number = read_number(root, path + "/partition");
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

/// Reads a disk from /sys, without opening its device.
Disk read_disk(const Root& root, const Usage& usage, const std::string& name) {
  const std::string directory = "/sys/block/" + name;
  // udev writes its file of a device after it has made the links.
  const bool has_links = root.exists("/run/udev/data/b" + read_attribute(root, directory + "/dev"));
  return {.device = node_of(name),
          .size = size_at(root, directory + "/size"),
          .sequence = has_links ? disk_sequence(root, name) : 0,
          .read_only = read_attribute(root, directory + "/ro") == "1",
          .partitions = read_partitions(root, usage, name),
          .use = read_use(root, usage, directory)};
}

void set_identity(DiskIdentity identity, Disk& disk) {
  disk.kind = identity.kind;
  disk.number = identity.number;
  disk.why = std::move(identity.why);
}

/// Numbers local disks by their place if they have no index, or one that occurs twice.
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

void read_content(const Root& root, Disk& disk) {
  // O_NONBLOCK: opening something else than a disk, such as a FIFO, must not block.
  const auto fd = root.open_device(disk.device, O_RDONLY | O_NONBLOCK);
  if (!fd) {
    disk.error = "it could not be opened: " + fd.error().to_string();
    return;
  }
  const auto probed = probe_disk(fd->get(), disk);
  if (!probed) disk.error = "it could not be read: " + probed.error().to_string();
}

}  // namespace

Result<std::vector<Disk>> read_disks(const Root& root, const std::vector<std::string>& local_models,
                                     const ReadOptions& options) {
  auto names = OR_RETURN(root.list("/sys/block"), "listing the disks");
  const auto usage = OR_RETURN(read_usage(root));
  std::ranges::sort(names, counts_before);
  const auto with_root = find_root_disks(root, usage);
  std::vector<Disk> disks;
  for (const std::string& name : names) {
    if (is_disk(root, name)) disks.push_back(read_disk(root, usage, name));
  }
  // Read after read_disk has seen which disks have their links.
  const LinkedDisks links = read_links(root);
  for (Disk& disk : disks) {
    const auto name = name_of(disk.device);
    set_identity(with_root.contains(name)
                     ? DiskIdentity{.kind = DiskKind::kOs, .why = "the root file system is on it"}
                     : identify_disk(root, name, links, local_models, options.read_identify),
                 disk);
  }
  number_local_disks(disks);
  for (const Disk& disk : disks)
    AZL_LOG(kDisk, kDebug,
            disk.device + ": " + place_of(disk.kind, disk.number) + ", " +
                std::to_string(disk.size) + " bytes: " + disk.why);
  for (Disk& disk : disks) {
    if (options.needs_content && options.needs_content(disk)) read_content(root, disk);
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
  // The caller only needs to know whether there are other files than expected.
  constexpr std::size_t kLimit = 256 << 10;
  if (!root.live()) {
    return fail(Reason::kInvalidInput, "only disks of the running system can be mounted");
  }
  const auto list = [](const Root& tree) -> Result<std::optional<std::string>> {
    const auto names = OR_RETURN(tree.list("/"));
    return join(names, kSeparator);
  };
  const auto text =
      OR_RETURN(read_mounted({.path = device, .types = types}, list, kLimit, deadline),
                "listing the files on " + device);
  const std::string names = text.value_or("");
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
