#include "provision/disks/format.h"

#include <chrono>
#include <utility>

#include <fcntl.h>

#include "disk/file_system.h"
#include "disk/signatures.h"
#include "disk/swap.h"
#include "disk/table/partition_table.h"
#include "provision/disks/recheck.h"
#include "provision/store/disks.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTableTime = 2min;

/// Makes the disk blank after mkfs failed with `error`, which it returns. If somebody uses the disk
/// by now, or it cannot be erased, the work stays in the history, and the end of the run marks it
/// as failed.
std::unexpected<Error> give_up(const Context& context, const disk::Disk& disk,
                               const std::optional<disk::MadePartitions>& table,
                               const disk::UnfinishedWork& work, disk::DiskHistory& history,
                               Error error) {
  // A disk that does not answer would block again.
  if (error.reason() == Reason::kTimeout) return std::unexpected(std::move(error));
  const auto fd = context.root().open_device(disk.device, O_RDWR | O_EXCL | O_NONBLOCK);
  if (!fd) return std::unexpected(std::move(error));
  const auto signature = disk::read_signature(table ? table->data.device : disk.device);
  if (signature && signature->type.empty() &&
      disk::erase_partition_table(fd->get(), disk.device, table)) {
    // If this is not saved, an entry stays whose UUID no disk has.
    (void)remove_and_save(context.root(), history, work);
  }
  return std::unexpected(std::move(error));
}

Result<void> make_file_system(const Context& context, const std::string& device,
                              const disk::act::Format& format) {
  OR_RETURN(
      disk::make_file_system(context.machine.processes,
                             {.path = device, .type = format.file_system, .label = format.label},
                             context.within(disk::kFileSystemTime)));
  return {};
}

Result<MadeOnDisk> format_whole(const Context& context, const disk::Disk& disk,
                                const disk::act::Format& format, disk::DiskFacts& facts) {
  const Root& root = context.root();
  auto fd = OR_RETURN(open_unchanged(root, disk));
  const disk::UnfinishedWork work{.uuid = disk.array_uuid,
                                  .place = disk::place_of(disk.kind, disk.number)};
  OR_RETURN(begin_and_save(root, facts.history, work));
  fd.reset();  // mkfs opens it exclusively, too
  if (auto made = make_file_system(context, disk.device, format); !made)
    return give_up(context, disk, std::nullopt, work, facts.history, std::move(made.error()));
  OR_RETURN(finish_and_save(root, facts.history, work, facts.disks));
  return MadeOnDisk{};
}

Result<MadeOnDisk> format_partitions(const Context& context, const disk::Disk& disk,
                                     const disk::act::Format& format, disk::DiskFacts& facts) {
  const Root& root = context.root();
  OR_RETURN(check_entries(context, disk));
  // Held until the file systems are made: otherwise udev removes partitions under mkfs for a
  // moment.
  const auto lock = OR_RETURN(disk::lock_disk(disk.device, context.within(kDiskLockTime)));
  auto fd = OR_RETURN(open_unchanged(root, disk));
  const auto uuid = OR_RETURN(disk::new_uuid());
  // Saved before the table is written: by this a later boot knows that the work was cut off.
  const disk::UnfinishedWork work{.uuid = uuid, .place = disk::place_of(disk.kind, disk.number)};
  OR_RETURN(begin_and_save(root, facts.history, work));
  const auto table = OR_RETURN(disk::write_partition_table(
      fd.get(), disk.device, {.swap_size = format.swap_size, .uuid = uuid},
      context.within(kTableTime)));
  fd.reset();
  MadeOnDisk made{.partitions = {{table.data.number, table.data.device}}};
  // Made before the file system: after a power cut between the two there would never be swap.
  if (table.swap) {
    made.partitions[table.swap->number] = table.swap->device;
    auto swap =
        disk::make_swap(context.machine.processes, table.swap->device, context.within(kTableTime));
    if (!swap) made.swap_error = std::move(swap.error());
  }
  if (auto done = make_file_system(context, table.data.device, format); !done)
    return give_up(context, disk, table, work, facts.history, std::move(done.error()));
  OR_RETURN(finish_and_save(root, facts.history, work, facts.disks));
  return made;
}

}  // namespace

Result<MadeOnDisk> format_disk(const Context& context, const disk::Disk& disk,
                               const disk::act::Format& format, disk::DiskFacts& facts) {
  return format.new_table ? format_partitions(context, disk, format, facts)
                          : format_whole(context, disk, format, facts);
}

}  // namespace azl::provision
