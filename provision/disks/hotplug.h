// Runs for disks that came late: what they start from, so that each is about its disks and no
// other.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "provision/disks/look.h"

namespace azl::provision {

/// What the runs of stage disks before this one left, of the same boot.
struct EarlierRuns {
  std::set<std::uint64_t> seen = {};  ///< Disk::sequence of the disks that they were for; never 0
  std::vector<DiskRecord> told = {};
  std::vector<FindingRecord> found = {};
};

/// None where nothing can be read: then disks are looked at again, which changes nothing.
[[nodiscard]] EarlierRuns read_earlier_runs(const Root& root);

/// Makes a look at all disks one for those that came late: `late_disk`, "sdd", and all for which no
/// run was yet. What could not be done for another one was told, and is not tried again each time
/// that a disk comes. Empty `late_disk`: the look stays one for all. Pure.
[[nodiscard]] DisksLook go_on_from(EarlierRuns earlier, const std::string& late_disk,
                                   DisksLook look);

/// Remembers until the next boot for which disks a run was, so that the one that udev starts for
/// each of them has nothing to do. One of which the kernel tells no count, or whose links udev has
/// yet to make, is none.
void remember_seen_disks(const Root& root, const DisksLook& look);
/// Whether this disk, "sdb", is one of those; another one under its name is none.
[[nodiscard]] bool was_disk_seen(const Root& root, const std::string& name);
/// Whether there is another disk under the name of a late disk than the one that a run was for.
[[nodiscard]] bool was_swapped(const Root& root, const std::string& late_disk);

}  // namespace azl::provision
