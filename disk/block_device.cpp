#include "disk/block_device.h"

#include <algorithm>

namespace azl::disk {

std::string_view to_string(DiskKind kind) {
  switch (kind) {
    case DiskKind::kOs:
      return "os";
    case DiskKind::kResource:
      return "resource";
    case DiskKind::kLocal:
      return "local";
    case DiskKind::kData:
      return "data";
    case DiskKind::kArray:
      return "array";
    case DiskKind::kOther:
      break;
  }
  return "other";
}

std::string place_of(DiskKind kind, int number) {
  const std::string place(to_string(kind));
  return number < 0 ? place : place + " " + std::to_string(number);
}

bool is_array(const std::string& holder) { return holder.starts_with("md"); }

std::string array_of(const Use& use) {
  const auto found = std::ranges::find_if(use.holders, is_array);
  return found == use.holders.end() ? std::string() : *found;
}

bool has_uuid(const Disk& disk, const std::string& uuid) {
  return disk.array_uuid == uuid || disk.content.uuid == uuid ||
         std::ranges::find(disk.partitions, uuid, &Partition::uuid) != disk.partitions.end();
}

}  // namespace azl::disk
