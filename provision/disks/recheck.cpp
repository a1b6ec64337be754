#include "provision/disks/recheck.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "disk/inventory.h"
#include "disk/probe.h"
#include "disk/reformat_rules.h"
#include "disk/sysfs.h"

namespace azl::provision {
namespace {

std::unexpected<Error> fail_changed(const disk::Disk& decided) {
  return fail(Reason::kDisk,
              decided.device + " has changed since the decision, so nothing is written to it");
}

}  // namespace

Result<void> check_unchanged(int fd, const disk::Disk& decided) {
  const auto sequence = disk::disk_sequence(fd);
  if (decided.sequence != 0 && sequence != 0 && sequence != decided.sequence)
    return fail_changed(decided);
  disk::Disk now = decided;
  OR_RETURN(disk::probe_disk(fd, now));
  if (!disk::is_unchanged(decided, now)) return fail_changed(decided);
  return {};
}

Result<UniqueFd> open_unchanged(const Root& root, const disk::Disk& decided) {
  auto fd = root.open_device(decided.device, O_RDWR | O_EXCL | O_NONBLOCK);
  if (!fd && fd.error().errno_value() == EBUSY)
    return fail(Reason::kDisk, decided.device + " is in use since the decision");
  if (!fd) return fd;
  OR_RETURN(check_unchanged(fd->get(), decided));
  return fd;
}

Result<void> check_entries(const Context& context, const disk::Disk& decided) {
  for (const auto& partition : decided.partitions) {
    if (!partition.entries) continue;
    const auto now = OR_RETURN(disk::read_entries(context.root(), partition.device,
                                                  disk::kernel_types(partition.content),
                                                  context.within(disk::kEntriesTime)));
    if (now != *partition.entries) return fail_changed(decided);
  }
  return {};
}

}  // namespace azl::provision
