#include "provision/disks/array.h"

#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

#include "disk/array.h"
#include "disk/probe.h"
#include "disk/sysfs.h"
#include "disk/table/partition_table.h"
#include "disk/usage.h"
#include "provision/disks/carry_out.h"
#include "provision/store/disks.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
using disk::Disk;
using disk::DiskAction;

constexpr Duration kArrayTime = 2min;

Deadline within(const Boot& boot, Duration time) { return {boot.machine.clock, time}; }

Result<std::string> make_array(Boot& boot, const DiskAction& action) {
  const Root& root = boot.machine.root;
  auto& memory = boot.disks.facts.history;
  // So that udev starts nothing of it between what follows.
  std::vector<UniqueFd> locks;
  for (const auto& member : action.members) {
    auto lock = disk::lock_disk(member, within(boot, kDiskLockTime));
    if (!lock) return std::unexpected(std::move(lock.error()));
    locks.push_back(std::move(*lock));
  }
  for (const auto& name : action.stop) {
    // A striped array that runs is whole, so it is none whose making was cut off.
    if (disk::attribute(root, "/sys/block/" + name + "/size") != "0")
      return fail(Reason::kDisk, name + " runs, so it is left");
    auto stopped = disk::stop_array(*boot.tools, name, within(boot, kArrayTime));
    if (!stopped) return std::unexpected(std::move(stopped.error()));
  }
  for (const auto& member : action.members) {
    const Disk* disk = boot.disks.find(member);
    if (disk == nullptr) return fail(Reason::kDisk, member + " is gone");
    if (auto fd = open_unchanged(root, *disk); !fd) return std::unexpected(std::move(fd.error()));
  }
  // The same once more, however often its making is cut off.
  auto uuid = action.array_uuid.empty() ? disk::new_uuid() : Result<std::string>(action.array_uuid);
  if (!uuid) return std::unexpected(std::move(uuid.error()));
  // Before the first superblock: a boot that is cut off from here on is known by it.
  memory.unfinished_array = *uuid;
  auto begun = begin_making(root, memory,
                            {.uuid = *uuid, .place = disk::place_of(disk::DiskKind::kArray, -1)});
  if (!begun) return std::unexpected(std::move(begun.error()));
  auto device = disk::make_array(
      *boot.tools,
      {.name = std::string(disk::kArrayName), .members = action.members, .uuid = *uuid},
      within(boot, kArrayTime));
  if (!device) return device;
  memory.unfinished_array.clear();
  if (auto saved = save_disk_memory(root, memory); !saved)
    return std::unexpected(std::move(saved.error()));
  return device;
}

/// The device of an array that is there: as udev has started it already, or as it is started now.
Result<std::string> start_array(Boot& boot, const DiskAction& action) {
  const Root& root = boot.machine.root;
  auto& memory = boot.disks.facts.history;
  // All its disks have their superblock: from now on somebody may use it.
  if (!memory.unfinished_array.empty()) {
    memory.unfinished_array.clear();
    if (auto saved = save_disk_memory(root, memory); !saved)
      return std::unexpected(std::move(saved.error()));
  }
  const auto& member = action.members.front();
  const auto array = [&] {
    const auto holders = root.list("/sys/block/" + disk::name_of(member) + "/holders");
    return disk::array_of({.holders = holders.value_or(std::vector<std::string>())});
  };
  if (const auto name = array(); !name.empty()) return disk::node_of(name);
  auto assembled = disk::start_array(
      *boot.tools, {.name = std::string(disk::kArrayName), .members = action.members},
      within(boot, kArrayTime));
  // udev may have started it meanwhile.
  if (const auto name = assembled ? std::string() : array(); !name.empty())
    return disk::node_of(name);
  return assembled;
}

Result<Disk> look_at_array(const Root& root, const std::string& device, const DiskAction& action) {
  auto member = root.open_file(action.members.front(), O_RDONLY | O_NONBLOCK);
  if (!member) return std::unexpected(std::move(member.error()));
  Disk of_member{.device = action.members.front()};
  if (auto looked = disk::probe_disk(member->get(), of_member); !looked)
    return std::unexpected(std::move(looked.error()));
  const auto target = root.link_target(device);
  const auto name =
      target ? target->substr(target->rfind('/') + 1) : device.substr(device.rfind('/') + 1);
  auto usage = disk::read_usage(root);
  if (!usage) return std::unexpected(std::move(usage.error()));
  Disk array{
      .device = "/dev/" + name, .kind = disk::DiskKind::kArray, .why = "all local disks as one"};
  auto fd = root.open_file(array.device, O_RDONLY | O_NONBLOCK);
  if (!fd) return std::unexpected(std::move(fd.error()));
  if (auto looked = disk::probe_disk(fd->get(), array); !looked)
    return std::unexpected(std::move(looked.error()));
  array.use = disk::read_use(root, *usage, "/sys/block/" + name);
  array.array_uuid = of_member.content.uuid;
  return array;
}

}  // namespace

Result<Disk> bring_up_array(Boot& boot, const DiskAction& action) {
  auto device = action.assemble ? start_array(boot, action) : make_array(boot, action);
  if (!device) return std::unexpected(std::move(device.error()));
  return look_at_array(boot.machine.root, *device, action);
}

}  // namespace azl::provision
