#include "provision/disks/growth.h"

#include <fcntl.h>

#include "disk/file_system.h"
#include "disk/table/partition_growth.h"
#include "provision/disks/recheck.h"
#include "provision/store/disks.h"

namespace azl::provision {

Result<void> grow_disk(const Context& context, const disk::Disk& disk, const std::string& device,
                       const disk::act::Grow& grow, disk::DiskHistory& history) {
  // Not exclusively: the root file system is mounted from it.
  auto fd = OR_RETURN(context.root().open_device(disk.device, O_RDWR | O_NONBLOCK));
  OR_RETURN(check_unchanged(fd.get(), disk));
  OR_RETURN(disk::grow_last_partition(fd.get(), disk.device, grow.partition));
  fd.reset();
  OR_RETURN(disk::grow_file_system(context.machine.processes, grow.mount_point, grow.file_system,
                                   device, context.within(disk::kFileSystemTime)));
  history.grown_to = disk.size;
  return save_disk_history(context.root(), history);
}

}  // namespace azl::provision
