#include "disk/unfinished_work.h"

#include <algorithm>
#include <cstddef>

namespace azl::disk {
namespace {

constexpr std::size_t kMaxUnfinished = 32;  // reached only if disks fail again and again
constexpr std::size_t kMaxMade = 4096;
constexpr std::size_t kMaxSwapFiles = 16;  // a resource disk that is replaced leaves one behind

/// Adds a partition to those that are never overwritten. The configuration allows to overwrite data
/// disks only, so others are skipped.
void protect(DiskHistory& history, const UnfinishedWork& work) {
  if (!work.place.starts_with(to_string(DiskKind::kData))) return;
  if (history.made.size() < kMaxMade)
    history.made.push_back(work.uuid);
  else
    history.incomplete = true;
}

}  // namespace

const UnfinishedWork* DiskHistory::find_unfinished(const std::string& uuid) const {
  const auto found = std::ranges::find(unfinished, uuid, &UnfinishedWork::uuid);
  return uuid.empty() || found == unfinished.end() ? nullptr : &*found;
}

void DiskHistory::begin(const UnfinishedWork& work) {
  remove(work);
  unfinished.push_back(work);
  if (unfinished.size() <= kMaxUnfinished) return;
  protect(*this, unfinished.front());
  unfinished.erase(unfinished.begin());
}

bool DiskHistory::mark_failed(const Disk& disk) {
  bool changed = false;
  for (UnfinishedWork& each : unfinished) {
    const bool here = has_uuid(disk, each.uuid) || each.place == place_of(disk.kind, disk.number) ||
                      (disk.kind == DiskKind::kLocal && each.place == to_string(DiskKind::kArray));
    changed = changed || (here && !each.failed);
    each.failed = each.failed || here;
  }
  return changed;
}

void DiskHistory::finish(const UnfinishedWork& work, const std::vector<Disk>& disks) {
  std::erase_if(unfinished, [&](const UnfinishedWork& each) {
    if (each.uuid == work.uuid) return true;
    const auto holder =
        std::ranges::find_if(disks, [&](const Disk& disk) { return has_uuid(disk, each.uuid); });
    if (holder != disks.end()) return place_of(holder->kind, holder->number) == work.place;
    if (each.place != work.place) return false;
    protect(*this, each);
    return true;
  });
  if (unfinished_array == work.uuid) unfinished_array.clear();
  protect(*this, work);
}

void DiskHistory::add_swap_file(const std::string& uuid) {
  swap_files.push_back(uuid);
  if (swap_files.size() > kMaxSwapFiles) swap_files.erase(swap_files.begin());
}

void DiskHistory::remove(const UnfinishedWork& work) {
  std::erase_if(unfinished, [&](const UnfinishedWork& each) { return each.uuid == work.uuid; });
}

}  // namespace azl::disk
