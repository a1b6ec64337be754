// What a disk is worth: whether anybody uses it, has written to it, or may want it back. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "disk/block_device.h"
#include "disk/plan/disk_plan.h"

namespace azl::disk {

/// What of a partition or a disk is there to be mounted.
struct Found {
  int partition = 0;  ///< 0: the whole disk
  const Content* content = nullptr;
};

/// "sdb1" for messages: as long as it has one, the partition's device.
[[nodiscard]] std::string name_of(const Disk& disk, const Partition& partition);
/// "ntfs 'Data'", and what it is where there is nothing that is known.
[[nodiscard]] std::string shown(const Content& content);
/// Who uses a device, as a sentence; empty: nobody.
[[nodiscard]] std::string told_use(const std::string& device, const Use& use);
/// The same of a disk and its partitions.
[[nodiscard]] std::string told_use(const Disk& disk);
/// Why a disk is out of reach whatever the configuration says; empty: it is not.
[[nodiscard]] std::string find_obstacle(const Disk& disk);
/// Whether this program made the disk's partition, or the array, and not yet all of its file
/// system, and makes it once more: nobody has used it since.
[[nodiscard]] bool was_begun(const Disk& disk, const DiskMemory& memory);
/// Why a disk is left on which this program began a file system: that failed, and there is
/// something that may be somebody's. Empty: nothing speaks against it, or nothing was begun.
[[nodiscard]] std::string find_doubt(const Disk& disk, const DiskMemory& memory);
/// Why a disk is not overwritten although the configuration says so; empty: it is. What is damaged
/// may be what somebody wants back, and what this program made has served since.
[[nodiscard]] std::string find_overwrite_obstacle(const Disk& disk, const DiskMemory& memory);
/// Whether the only use of a disk is that something on it is mounted where it should be, and swap
/// of ours beside it.
[[nodiscard]] bool is_in_place(const Disk& disk, const std::string& point);
/// A disk as Azure hands it out: one NTFS partition, and nobody has written to it. The answer, and
/// the sentence that it rests on.
[[nodiscard]] std::pair<bool, std::string> judge_temporary_storage(const Disk& disk,
                                                                   bool trust_label);
/// The one file system that a disk may have: in its first partition, where it has no other than one
/// for swap, which may be empty, or on the whole.
[[nodiscard]] std::optional<Found> find_file_system(const Disk& disk);
/// Why a disk that is not blank is left.
[[nodiscard]] std::string told_content(const Disk& disk);
/// The array of an earlier boot that a disk is a member of: md writes "HOST:NAME".
[[nodiscard]] bool is_member_of_ours(const Disk& disk);
/// Whether the plan asks what is on a disk, so that it has to be opened and read. What is in use is
/// left without that.
[[nodiscard]] bool asks_for_content(const Disk& disk, const DiskOptions& options,
                                    const DiskMemory& memory);
/// Whether a disk is used, or a partition of it.
[[nodiscard]] bool is_used(const Disk& disk);
/// Whether what is read from a disk is still what it was: nothing is written to one that has
/// changed.
[[nodiscard]] bool is_unchanged(const Disk& before, const Disk& now);
/// Whether nobody has written anything to a disk.
[[nodiscard]] bool is_blank(const Disk& disk);

}  // namespace azl::disk
