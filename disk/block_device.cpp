#include "disk/block_device.h"

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

}  // namespace azl::disk
