#include "disk/disk_options.h"

namespace azl::disk {
namespace {

DataDisk to_data_disk(const DiskWish& wish) {
  DataDisk data{.lun = wish.target.lun,
                .device = wish.target.device,
                .label = wish.label,
                .mount_point = wish.mount_point,
                .options = wish.mount_options,
                .overwrite = wish.overwrite,
                .custom_data = true};
  if (!wish.file_system.empty()) data.file_system = wish.file_system;
  return data;
}

}  // namespace

bool DiskOptions::any() const {
  return grow || resource_disk || local_disks != Local::kNone || !data.empty();
}

DiskOptions with_wishes(DiskOptions options, const std::vector<DiskWish>& wishes, bool first) {
  std::vector<DataDisk> data;
  for (const auto& wish : wishes) {
    if (wish.target.kind == DiskTarget::Kind::kResource) {
      options.resource = wish;
      options.resource_is_new = first;
      options.resource_disk = wish.use;
    } else if (first) {
      data.push_back(to_data_disk(wish));
    }
  }
  // The first entry for a disk counts.
  options.data.insert(options.data.begin(), data.begin(), data.end());
  return options;
}

}  // namespace azl::disk
