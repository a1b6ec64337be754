// Runs of stage disks for disks that come late: each is about its disks only, and continues the
// record of the runs before it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/root.h"
#include "provision/disks/look.h"
#include "provision/record/record.h"

namespace azl::provision {

/// What earlier runs of stage disks left on this boot.
struct EarlierRuns {
  std::set<std::uint64_t> seen = {};  ///< Disk::sequence of the disks that they were for; never 0
  std::vector<DiskRecord> disks = {};
  std::vector<FindingRecord> findings = {};
};

/// Reads what earlier runs left. Returns nothing if it cannot be read: then disks are looked at
/// again, which is harmless.
[[nodiscard]] EarlierRuns read_earlier_runs(const Root& root);

/// Adds the earlier runs' records to a run. If `late_disk`, "sdd", is not empty, also restricts the
/// run to that disk and all others that no earlier run was for: what failed on another disk was
/// reported, and is not tried again each time that a disk comes. Pure.
[[nodiscard]] DisksRun continue_from(EarlierRuns earlier, const std::string& late_disk,
                                     DisksRun run);

/// Saves until the next boot which disks a run was for, so that the runs that udev starts for them
/// have nothing to do. Skips disks that have no sequence number or whose udev links do not exist
/// yet.
void save_seen_disks(const Root& root, const DisksRun& run);
/// Whether a run was for this disk, "sdb". A disk that took over the name of another one is known
/// by its sequence number.
[[nodiscard]] bool was_disk_seen(const Root& root, const std::string& name);
/// Whether another disk has taken over the name of a late disk since the run for it.
[[nodiscard]] bool was_replaced(const Root& root, const std::string& late_disk);

}  // namespace azl::provision
