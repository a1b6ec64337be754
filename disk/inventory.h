// The disks of a machine: which they are, what is on them, and who uses them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "disk/block_device.h"
#include "disk/disk_kind.h"

namespace azl::disk {

/// How closely disks are looked at.
struct Looking {
  /// Whether somebody has a use for the disk, of which kind, number, size, use and the kernel's
  /// partitions are known: only then is it opened and read. Null: no disk is.
  std::function<bool(const Disk& disk)> wanted = {};
  /// Asks NVMe disks what they are: read_identify on the live system. Null: none is asked.
  AskNvme ask_nvme = {};
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
                                                   const Looking& looking);

/// The names in the root directory of an NTFS file system, sorted and without NTFS's own files. It
/// is mounted read-only and for no one else, by the kernel's ntfs3 or ntfs, never by FUSE. `device`
/// is a partition's, "/dev/sdb1". Errors: kMediaUnreadable, also where this kernel has no NTFS or
/// there are too many names; kTimeout; kInvalidInput for a root that is not the live one.
[[nodiscard]] Result<std::vector<std::string>> read_ntfs_entries(const Root& root,
                                                                 const std::string& device,
                                                                 const Deadline& deadline);

/// Whether a name is one of the files that NTFS itself is made of: "$MFT". Pure.
[[nodiscard]] bool is_ntfs_metafile(std::string_view name);

}  // namespace azl::disk
