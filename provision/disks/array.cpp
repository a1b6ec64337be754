#include "provision/disks/array.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

#include "base/sysfs.h"
#include "disk/array.h"
#include "disk/probe.h"
#include "disk/sysfs.h"
#include "disk/table/partition_table.h"
#include "disk/usage.h"
#include "provision/disks/recheck.h"
#include "provision/store/disks.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
using disk::Disk;

constexpr Duration kArrayTime = 2min;

std::string last_component(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Locks all members, so that udev starts no array of them meanwhile.
Result<std::vector<UniqueFd>> lock_members(const Context& context,
                                           const disk::act::Stripe& stripe) {
  std::vector<UniqueFd> locks;
  for (const auto& member : stripe.members)
    locks.push_back(OR_RETURN(disk::lock_disk(member, context.within(kDiskLockTime))));
  return locks;
}

/// Stops what udev began to start of an unfinished array.
Result<void> stop_parts(const Context& context, const disk::act::Stripe& stripe) {
  for (const auto& name : stripe.stop) {
    // A striped array runs only if it is whole, so this is not the unfinished one.
    if (read_attribute(context.root(), "/sys/block/" + name + "/size") != "0")
      return fail(Reason::kDisk, name + " runs, so it is not stopped");
    OR_RETURN(disk::stop_array(context.machine.processes, name, context.within(kArrayTime)));
  }
  return {};
}

Result<std::string> make_array(const Context& context, const disk::act::Stripe& stripe,
                               disk::DiskFacts& facts) {
  const Root& root = context.root();
  auto& history = facts.history;
  const auto locks = OR_RETURN(lock_members(context, stripe));
  OR_RETURN(stop_parts(context, stripe));
  for (const auto& member : stripe.members) {
    const Disk* disk = disk::find_disk(facts, member);
    if (disk == nullptr) return fail(Reason::kDisk, member + " is gone");
    OR_RETURN(open_unchanged(root, *disk));
  }
  // An array whose making was cut off gets the same UUID again.
  const auto uuid = OR_RETURN(stripe.array_uuid.empty() ? disk::new_uuid()
                                                        : Result<std::string>(stripe.array_uuid));
  // Saved before the first superblock is written: by this a later boot knows that the work was cut
  // off.
  history.unfinished_array = uuid;
  OR_RETURN(begin_and_save(root, history,
                           {.uuid = uuid, .place = disk::place_of(disk::DiskKind::kArray, -1)}));
  auto device = OR_RETURN(disk::make_array(
      context.machine.processes,
      {.name = std::string(disk::kArrayName), .members = stripe.members, .uuid = uuid},
      context.within(kArrayTime)));
  history.unfinished_array.clear();
  OR_RETURN(save_disk_history(root, history));
  return device;
}

/// The device of the array that holds a disk; empty if none does.
std::string find_array_device(const Root& root, const std::string& member) {
  const auto holders = root.list("/sys/block/" + disk::name_of(member) + "/holders");
  const auto name = disk::array_of({.holders = holders.value_or(std::vector<std::string>())});
  return name.empty() ? std::string() : disk::node_of(name);
}

/// The device of an array that exists. It is started if udev has not done so already.
Result<std::string> start_array(const Context& context, const disk::act::Stripe& stripe,
                                disk::DiskHistory& history) {
  const Root& root = context.root();
  // All its disks have their superblock: from now on somebody may use it.
  if (!history.unfinished_array.empty()) {
    history.unfinished_array.clear();
    OR_RETURN(save_disk_history(root, history));
  }
  const auto& member = stripe.members.front();
  if (auto device = find_array_device(root, member); !device.empty()) return device;
  auto started = disk::start_array(
      context.machine.processes, {.name = std::string(disk::kArrayName), .members = stripe.members},
      context.within(kArrayTime));
  if (started) return started;
  // udev may have started it meanwhile.
  if (auto device = find_array_device(root, member); !device.empty()) return device;
  return started;
}

Result<Disk> probe_device(const Root& root, Disk disk) {
  const auto fd = OR_RETURN(root.open_device(disk.device, O_RDONLY | O_NONBLOCK));
  OR_RETURN(disk::probe_disk(fd.get(), disk));
  return disk;
}

/// `device`: of the array, which may be a link.
Result<Disk> read_array(const Root& root, const std::string& device, const std::string& member) {
  const auto of_member = OR_RETURN(probe_device(root, {.device = member}));
  const auto target = root.link_target(device);
  const auto name = last_component(target ? *target : device);
  const auto usage = OR_RETURN(disk::read_usage(root));
  auto array = OR_RETURN(probe_device(
      root,
      {.device = "/dev/" + name, .kind = disk::DiskKind::kArray, .why = "all local disks as one"}));
  array.use = disk::read_use(root, usage, "/sys/block/" + name);
  array.array_uuid = of_member.content.uuid;
  return array;
}

}  // namespace

Result<Disk> bring_up_array(const Context& context, const disk::act::Stripe& stripe,
                            disk::DiskFacts& facts) {
  const auto device = OR_RETURN(stripe.assemble ? start_array(context, stripe, facts.history)
                                                : make_array(context, stripe, facts));
  return read_array(context.root(), device, stripe.members.front());
}

}  // namespace azl::provision
