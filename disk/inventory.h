// The disks of a machine: which they are, what is on them, and who uses them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "disk/azure_disk.h"
#include "disk/block_device.h"

namespace azl::disk {

/// How much is read from the disks.
struct ReadOptions {
  /// Returns whether to open a disk and read its content. Called when the disk's kind, number,
  /// size, use and the kernel's partitions are known. Null: no disk is opened.
  std::function<bool(const Disk& disk)> needs_content = {};
  /// Reads the identify page of NVMe disks. On the live system: the function of that name. Null:
  /// the pages are not read.
  ReadIdentify read_identify = {};
};

/// All whole disks of /sys/block that have a size, in the order in which people count them; not
/// those without hardware of their own (loop, ram, zram, nbd, device mapper, md), not optical and
/// floppy drives, nor hidden paths of multipath. Local disks that don't tell their index are
/// numbered by their place among the local ones, from 1. A disk with the root file system on it is
/// kOs. Of a disk that is not looked into, the partitions are those that the kernel knows, without
/// content. What can't be read is told in Disk::error. `local_models`: NVMe models that are local
/// disks, beside Azure's. Errors: kIo, when there is no knowing which disks there are or what is
/// mounted.
[[nodiscard]] Result<std::vector<Disk>> read_disks(const Root& root,
                                                   const std::vector<std::string>& local_models,
                                                   const ReadOptions& options);

/// The kernel's own drivers for NTFS, never FUSE's.
inline const std::vector<std::string> kNtfs = {"ntfs3", "ntfs"};
/// Time for read_entries: Azure's remote I/O can stall for 120 s.
inline constexpr Duration kEntriesTime = std::chrono::seconds(150);
/// What to mount a file system as, to look into it.
[[nodiscard]] std::vector<std::string> kernel_types(const Content& content);
/// Whether this kernel has one of these types of file system by now; a look loads the module.
[[nodiscard]] bool kernel_supports(const Root& root, const std::vector<std::string>& types);
/// The names in the root directory of a file system, sorted, and without NTFS's own files. It is
/// mounted read-only and for no one else, as the first of the types that fits. `device` is a
/// partition's, "/dev/sdb1". Errors: kMediaUnreadable, also where this kernel has none of the types
/// or there are too many names; kTimeout; kInvalidInput for a root that is not the live one.
[[nodiscard]] Result<std::vector<std::string>> read_entries(const Root& root,
                                                            const std::string& device,
                                                            const std::vector<std::string>& types,
                                                            const Deadline& deadline);

/// Whether a name is one of the files that NTFS itself is made of: "$MFT". Pure.
[[nodiscard]] bool is_ntfs_metafile(std::string_view name);

}  // namespace azl::disk
