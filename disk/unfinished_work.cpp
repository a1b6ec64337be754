#include "disk/unfinished_work.h"

#include <algorithm>

namespace azl::disk {
namespace {

constexpr std::size_t kMostMaking = 32;  // of disks that failed again and again
constexpr std::size_t kMostMade = 4096;

/// Remembers what is never to be overwritten. Only data disks are, by configuration.
void protect(DiskMemory& memory, const Making& one) {
  if (!one.place.starts_with(to_string(DiskKind::kData))) return;
  if (memory.made.size() < kMostMade)
    memory.made.push_back(one.uuid);
  else
    memory.lost = true;
}

}  // namespace

const Making* DiskMemory::find(const std::string& uuid) const {
  const auto found = std::ranges::find(making, uuid, &Making::uuid);
  return uuid.empty() || found == making.end() ? nullptr : &*found;
}

void DiskMemory::begin(const Making& one) {
  forget(one);
  making.push_back(one);
  if (making.size() <= kMostMaking) return;
  protect(*this, making.front());
  making.erase(making.begin());
}

bool DiskMemory::leave(const Disk& disk) {
  bool news = false;
  for (Making& each : making) {
    const bool here = has_uuid(disk, each.uuid) || each.place == place_of(disk.kind, disk.number) ||
                      (disk.kind == DiskKind::kLocal && each.place == to_string(DiskKind::kArray));
    news = news || (here && !each.failed);
    each.failed = each.failed || here;
  }
  return news;
}

void DiskMemory::end(const Making& one, const std::vector<Disk>& disks) {
  std::erase_if(making, [&](const Making& each) {
    if (each.uuid == one.uuid) return true;
    const auto holder =
        std::ranges::find_if(disks, [&](const Disk& disk) { return has_uuid(disk, each.uuid); });
    if (holder != disks.end()) return place_of(holder->kind, holder->number) == one.place;
    if (each.place != one.place) return false;
    protect(*this, each);
    return true;
  });
  if (striping == one.uuid) striping.clear();
  protect(*this, one);
}

void DiskMemory::forget(const Making& one) {
  std::erase_if(making, [&](const Making& each) { return each.uuid == one.uuid; });
}

}  // namespace azl::disk
