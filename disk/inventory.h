// The disks of a machine: what they are, what is on them, and what uses them.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
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

/// Reads all whole disks of /sys/block that have a size, in the order of counts_before. Skips
/// virtual devices (loop, ram, zram, nbd, device mapper, md), optical and floppy drives, and hidden
/// paths of multipath. The disk with the root file system is kOs. A local disk without an index
/// gets its place among the local disks, from 1. A disk that is not opened has the kernel's
/// partitions, without content. Disk::error says why a disk could not be read. `local_models`: NVMe
/// models of local disks, in addition to Azure's. Errors: kIo, if the list of disks or of mounts
/// cannot be read.
[[nodiscard]] Result<std::vector<Disk>> read_disks(const Root& root,
                                                   const std::vector<std::string>& local_models,
                                                   const ReadOptions& options);

/// The kernel's NTFS drivers; FUSE's is not used.
inline const std::vector<std::string> kNtfs = {"ntfs3", "ntfs"};
/// Time limit for read_entries: Azure's remote I/O can stall for 120 s.
inline constexpr Duration kEntriesTime = std::chrono::seconds(150);
/// The types to try when mounting a file system to read its entries.
[[nodiscard]] std::vector<std::string> kernel_types(const Content& content);
/// Whether the kernel supports one of these file system types now. A mount loads missing modules.
[[nodiscard]] bool kernel_supports(const Root& root, const std::vector<std::string>& types);
/// Reads the sorted file names in the root directory of a file system, without NTFS's metadata
/// files. Mounts it read-only and privately, as the first of `types` that works. `device`:
/// "/dev/sdb1". Errors: kMediaUnreadable (also if the kernel supports none of the types, or there
/// are too many names), kTimeout, kInvalidInput (`root` is not the live one).
[[nodiscard]] Result<std::vector<std::string>> read_entries(const Root& root,
                                                            const std::string& device,
                                                            const std::vector<std::string>& types,
                                                            const Deadline& deadline);

/// Whether a name is that of an NTFS metadata file: "$MFT". Pure.
[[nodiscard]] bool is_ntfs_metafile(std::string_view name);

}  // namespace azl::disk
