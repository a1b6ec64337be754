// Whether a disk may be formatted: who uses it, whether anybody has written to it, and whether
// this program made what is on it. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "disk/block_device.h"
#include "disk/disk_facts.h"
#include "disk/disk_options.h"
#include "disk/unfinished_work.h"

namespace azl::disk {

/// Whether the plan needs to know what is on a disk, so that it has to be opened and read. Disks in
/// use are left without that.
[[nodiscard]] bool needs_reading(const Disk& disk, const DiskOptions& options,
                                 const DiskHistory& history);

/// Whether a disk or one of its partitions is in use.
[[nodiscard]] bool is_used(const Disk& disk);
/// Whether a file system of the disk is mounted at `point` and there is no other use, except swap.
[[nodiscard]] bool is_mounted_only_at(const Disk& disk, const std::string& point);
/// Whether nobody has written anything to a disk.
[[nodiscard]] bool is_blank(const Disk& disk);
/// Whether the content of a disk is still the same. Nothing is written to a disk that has changed
/// since the decision.
[[nodiscard]] bool is_unchanged(const Disk& before, const Disk& now);
/// Whether a disk belongs to the array that this program makes of local disks.
[[nodiscard]] bool is_in_our_array(const Disk& disk);

/// A file system that can be mounted.
struct FoundFileSystem {
  int partition = 0;  ///< 0: the whole disk
  const Content* content = nullptr;
};
/// Finds the only file system of a disk: on the whole disk, or in its first partition, if there is
/// at most one more, which is for swap or empty. Returns nullopt if the disk has another layout.
[[nodiscard]] std::optional<FoundFileSystem> find_file_system(const Disk& disk);

// The following functions return a sentence: why not. An empty one means that nothing speaks
// against it.

/// Why a disk stays as it is, whatever the configuration says.
[[nodiscard]] std::string why_not_touch(const Disk& disk);
/// Why unfinished work on a disk is not resumed: it failed, and somebody may have written to the
/// disk since then. Also empty if there is no unfinished work: see can_resume.
[[nodiscard]] std::string why_not_resume(const Disk& disk, const DiskHistory& history);
/// Why a disk is not overwritten although the configuration says so: it is damaged, and somebody
/// may want to repair it, or this program formatted it earlier, and it has been in use since then.
[[nodiscard]] std::string why_not_overwrite(const Disk& disk, const DiskHistory& history);

/// Whether a disk has unfinished work of this program, and nobody has used it since. The file
/// system is then made again.
[[nodiscard]] bool can_resume(const Disk& disk, const DiskHistory& history);
/// Whether all of these file names are of files that Azure itself writes to a new resource disk.
[[nodiscard]] bool are_azures(const std::vector<std::string>& entries);
/// Finds the partition of a resource disk that Azure formats as NTFS: the only one, or the second
/// one of a GPT whose first one is Microsoft's reserved partition, as disks of more than 2 TB have
/// it. Returns null if the disk has another layout, or if somebody has written to the reserved
/// partition. The partition may have any content.
[[nodiscard]] const Partition* find_temporary_storage(const Disk& disk);
/// Decides whether a resource disk is as Azure hands it out: its NTFS partition, to which nobody
/// has written. `trust_label`: the answer is yes if this kernel cannot read NTFS. Returns the
/// answer and the reason for it, a sentence.
[[nodiscard]] std::pair<bool, std::string> decide_temporary_storage(const Disk& disk,
                                                                    bool trust_label);

}  // namespace azl::disk
