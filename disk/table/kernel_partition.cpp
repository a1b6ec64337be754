#include "disk/table/kernel_partition.h"

#include <cerrno>

#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "base/fd.h"

namespace azl::disk {

std::uint64_t kernel_partition_size(const std::string& device) {
  const UniqueFd fd(open(device.c_str(), O_RDONLY | O_CLOEXEC));
  std::uint64_t size = 0;
  if (!fd || ioctl(fd.get(), BLKGETSIZE64, &size) != 0) return 0;
  return size;
}

Result<void> change_kernel_partition(int fd, int operation, const MadePartition& partition) {
  blkpg_partition argument{};
  argument.start = static_cast<long long>(partition.start);
  argument.length = static_cast<long long>(partition.size);
  argument.pno = partition.number;
  blkpg_ioctl_arg call{.op = operation, .flags = 0, .datalen = sizeof argument, .data = &argument};
  if (ioctl(fd, BLKPG, &call) != 0) {
    return fail_errno(errno, "updating " + partition.device + " in the kernel");
  }
  return {};
}

}  // namespace azl::disk
