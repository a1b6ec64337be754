#include "disk/disk_facts.h"

#include <algorithm>

namespace azl::disk {

const Disk* find_disk(const DiskFacts& facts, const std::string& device) {
  const auto found = std::ranges::find(facts.disks, device, &Disk::device);
  return found == facts.disks.end() ? nullptr : &*found;
}

}  // namespace azl::disk
