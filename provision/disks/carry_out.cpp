#include "provision/disks/carry_out.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "disk/file_system.h"
#include "disk/fstab.h"
#include "disk/inventory.h"
#include "disk/mount_point.h"
#include "disk/mount_unit.h"
#include "disk/probe.h"
#include "disk/reformat_rules.h"
#include "disk/signatures.h"
#include "disk/swap.h"
#include "disk/sysfs.h"
#include "disk/table/partition_table.h"
#include "provision/disks/array.h"
#include "provision/disks/look.h"
#include "provision/store/disks.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
using disk::Act;
using disk::Disk;
using disk::DiskAction;
using disk::DiskOptions;

constexpr Duration kTableTime = 2min;
constexpr Duration kMountTime = 6min;  // longer than the unit's own, 300 s
constexpr const char* kSwapFile = "swapfile";

std::unexpected<Error> changed_meanwhile(const Disk& decided) {
  return fail(Reason::kDisk,
              decided.device + " has changed since it was looked at, so it is left as it is");
}

/// Whether an open disk is what was decided on: the same one, with the same on it.
Result<void> check_unchanged(int fd, const Disk& decided) {
  const auto sequence = disk::disk_sequence(fd);
  if (decided.sequence != 0 && sequence != 0 && sequence != decided.sequence)
    return changed_meanwhile(decided);
  Disk now = decided;
  if (auto looked = disk::probe_disk(fd, now); !looked) return looked;
  if (!disk::is_unchanged(decided, now)) return changed_meanwhile(decided);
  return {};
}

/// A file system that was found empty must still be so: what is mounted for a moment
/// meanwhile leaves no other trace than its files.
Result<void> check_entries(const Root& root, const Disk& decided, Clock& clock) {
  for (const auto& partition : decided.partitions) {
    if (!partition.entries) continue;
    auto now = disk::read_entries(root, partition.device, disk::kernel_types(partition.content),
                                  Deadline(clock, disk::kEntriesTime));
    if (!now) return std::unexpected(std::move(now.error()));
    if (*now != *partition.entries) return changed_meanwhile(decided);
  }
  return {};
}

/// Does what was decided for one device, in order. Knows the devices of partitions that it made.
class Work {
 public:
  explicit Work(Boot& boot) : boot_(boot) {}

  /// What was done, in words. Errors: the first failure.
  Result<std::string> run(const std::vector<DiskAction>& chain);

 private:
  Result<void> check_points(const std::vector<DiskAction>& chain);
  Result<void> run_one(const DiskAction& action);
  Result<void> format(const DiskAction& action);
  Result<void> format_partitions(const DiskAction& action, const Disk& disk);
  Result<void> mount(const DiskAction& action);
  /// After mkfs has failed: the disk is blank again, so that what somebody writes to it, without a
  /// file system even, is never taken for what was begun. Where it can't be cleared, or somebody
  /// has it by now, the end of the chain remembers that. Returns `error`.
  Result<void> give_up(const Disk& disk, const std::optional<disk::MadePartitions>& table,
                       const disk::UnfinishedWork& making, Error error);
  Result<void> mount_by_unit(const DiskAction& action);
  Result<void> mount_by_fstab(const disk::Signature& signature, const DiskAction& action);
  Result<void> swap(const DiskAction& action);
  Result<void> stripe(const DiskAction& action);
  Result<void> grow(const DiskAction& action);

  [[nodiscard]] const Root& root() const { return boot_.machine.root; }
  [[nodiscard]] disk::DiskHistory& memory() const { return boot_.disks.facts.history; }
  [[nodiscard]] Deadline within(Duration time) const { return {boot_.machine.clock, time}; }
  /// The device that an action is about: the whole one, or a partition.
  [[nodiscard]] std::string device_of(const DiskAction& action) const;

  Boot& boot_;
  std::map<int, std::string> made_;  ///< devices of new partitions, by number
  std::optional<Error> swap_error_;  ///< of a new partition; told when it is to be used
  bool mounted_ = false;             ///< somebody else has mounted it meanwhile
};

std::string Work::device_of(const DiskAction& action) const {
  if (action.partition == 0) return action.device;
  if (const auto made = made_.find(action.partition); made != made_.end()) return made->second;
  const Disk* disk = boot_.disks.find(action.device);
  if (disk == nullptr) return {};
  const auto partition =
      std::ranges::find(disk->partitions, action.partition, &disk::Partition::number);
  return partition == disk->partitions.end() ? std::string() : partition->device;
}

/// Nothing is written to a disk that can't be mounted afterwards. What needs no more than a mount
/// may have got it meanwhile, from fstab.
Result<void> Work::check_points(const std::vector<DiskAction>& chain) {
  const bool formats =
      std::ranges::any_of(chain, [](const auto& action) { return action.act == Act::kFormat; });
  for (const auto& action : chain) {
    if (action.act != Act::kMount) continue;
    auto state = disk::read_point_state(root(), action.mount_point);
    if (!state) return std::unexpected(std::move(state.error()));
    mounted_ = *state == disk::PointState::kMounted && !formats;
    if (*state != disk::PointState::kFree && !mounted_)
      return fail(Reason::kDisk,
                  action.mount_point + " " + std::string(disk::describe_point_state(*state)));
  }
  return {};
}

/// The programs that an action takes.
std::vector<std::string> tools_of(const DiskAction& action) {
  switch (action.act) {
    case Act::kFormat:
      if (action.size > 0) return {"mkfs." + action.file_system, "mkswap"};
      return {"mkfs." + action.file_system};
    case Act::kStripe:
      return {"mdadm"};
    case Act::kSwap:
      return {"mkswap", "swapon"};
    case Act::kLeave:
    case Act::kGrow:
    case Act::kMount:
      return {};
  }
  return {};
}

/// Nothing is begun for which a program is missing: what it left would have to be judged later.
Result<void> check_tools(const std::vector<DiskAction>& chain) {
  for (const auto& action : chain) {
    for (const auto& tool : tools_of(action)) {
      const bool there = std::ranges::any_of(
          std::array{"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"},
          [&](const char* directory) { return ::access((directory + tool).c_str(), X_OK) == 0; });
      if (!there) return fail(Reason::kToolMissing, "there is no " + tool);
    }
  }
  return {};
}

Result<std::string> Work::run(const std::vector<DiskAction>& chain) {
  if (auto free = check_points(chain); !free) return std::unexpected(std::move(free.error()));
  if (auto there = check_tools(chain); !there) return std::unexpected(std::move(there.error()));
  std::vector<std::string> done;
  for (const auto& action : chain) {
    if (action.act == Act::kLeave || (action.act == Act::kMount && mounted_)) continue;
    if (auto ran = run_one(action); !ran)
      return fail(std::move(ran.error()), disk::in_words(action));
    done.push_back(disk::in_words(action));
  }
  return done.empty() ? "it is mounted by now" : join(done, ", ");
}

Result<void> Work::run_one(const DiskAction& action) {
  switch (action.act) {
    case Act::kLeave:
      return {};
    case Act::kGrow:
      return grow(action);
    case Act::kFormat:
      return format(action);
    case Act::kStripe:
      return stripe(action);
    case Act::kMount:
      return mount(action);
    case Act::kSwap:
      return swap(action);
  }
  return {};
}

Result<void> Work::format(const DiskAction& action) {
  const Disk* disk = boot_.disks.find(action.device);
  if (disk == nullptr) return fail(Reason::kDisk, "it is gone");
  if (action.partition_it) return format_partitions(action, *disk);
  auto fd = open_unchanged(root(), *disk);
  if (!fd) return std::unexpected(std::move(fd.error()));
  const disk::UnfinishedWork making{.uuid = disk->array_uuid,
                                    .place = disk::place_of(disk->kind, disk->number)};
  if (auto begun = begin_making(root(), memory(), making); !begun) return begun;
  fd->reset();  // mkfs opens it for itself alone, too
  auto made = disk::make_file_system(
      *boot_.tools, {.path = action.device, .type = action.file_system, .label = action.label},
      within(disk::kFileSystemTime));
  if (!made) return give_up(*disk, std::nullopt, making, std::move(made.error()));
  return end_making(root(), memory(), making, boot_.disks.facts.disks);
}

Result<void> Work::format_partitions(const DiskAction& action, const Disk& disk) {
  if (auto same = check_entries(root(), disk, boot_.machine.clock); !same) return same;
  // Until the file systems are there: else udev takes partitions away under mkfs for a moment.
  const auto lock = disk::lock_disk(disk.device, within(kDiskLockTime));
  if (!lock) return std::unexpected(Error(lock.error()));
  auto fd = open_unchanged(root(), disk);
  if (!fd) return std::unexpected(std::move(fd.error()));
  auto uuid = disk::new_uuid();
  if (!uuid) return std::unexpected(std::move(uuid.error()));
  // Before the table: a boot that is cut off from here on is known by it, and begins anew.
  const disk::UnfinishedWork making{.uuid = *uuid, .place = disk::place_of(disk.kind, disk.number)};
  if (auto begun = begin_making(root(), memory(), making); !begun) return begun;
  auto table = disk::write_partition_table(
      fd->get(), disk.device, {.swap_size = action.size, .uuid = *uuid}, within(kTableTime));
  if (!table) return std::unexpected(std::move(table.error()));
  fd->reset();
  made_[table->data.number] = table->data.device;
  // Before the file system: else a boot that is cut off between them would leave no swap.
  if (table->swap) {
    made_[table->swap->number] = table->swap->device;
    auto swap = disk::make_swap(*boot_.tools, table->swap->device, within(kTableTime));
    if (!swap) swap_error_ = std::move(swap.error());
  }
  auto made = disk::make_file_system(
      *boot_.tools, {.path = table->data.device, .type = action.file_system, .label = action.label},
      within(disk::kFileSystemTime));
  if (!made) return give_up(disk, *table, making, std::move(made.error()));
  // From now on somebody may use it.
  return end_making(root(), memory(), making, boot_.disks.facts.disks);
}

Result<void> Work::give_up(const Disk& disk, const std::optional<disk::MadePartitions>& table,
                           const disk::UnfinishedWork& making, Error error) {
  // A disk that does not answer is not asked once more.
  if (error.reason() == Reason::kTimeout) return std::unexpected(std::move(error));
  const auto fd = root().open_file(disk.device, O_RDWR | O_EXCL | O_NONBLOCK);
  if (!fd) return std::unexpected(std::move(error));
  const auto signature = disk::read_signature(table ? table->data.device : disk.device);
  if (signature && signature->type.empty() &&
      disk::erase_partition_table(fd->get(), disk.device, table)) {
    // If that can't be written, it is of a UUID that no disk has.
    (void)forget_making(root(), memory(), making);
  }
  return std::unexpected(std::move(error));
}

Result<void> Work::mount_by_unit(const DiskAction& action) {
  return disk::mount_now(
      *boot_.tools,
      {.what = device_of(action),  // for this boot only: a copy of the disk has the same UUID
       .where = action.mount_point,
       .type = action.file_system,
       .options = action.options,
       .description = action.ephemeral ? "Ephemeral disk at " + action.mount_point
                                       : "Data disk at " + action.mount_point},
      within(kMountTime));
}

Result<void> Work::mount_by_fstab(const disk::Signature& signature, const DiskAction& action) {
  auto text = disk::read_fstab(root());
  if (!text) return std::unexpected(std::move(text.error()));
  auto edit = disk::add_fstab_line(*text, {.what = "UUID=" + signature.uuid,
                                           .mount_point = action.mount_point,
                                           .type = action.file_system,
                                           .options = action.options,
                                           .other_names = {device_of(action)}});
  if (edit.taken())
    return fail(Reason::kDisk, "/etc/fstab has a line of its own: " + printable(edit.taken_by));
  if (auto written = disk::write_fstab(root(), edit.text); !written)
    return std::unexpected(std::move(written.error()));
  auto unit = disk::unit_name(action.mount_point, ".mount");
  if (!unit) return std::unexpected(std::move(unit.error()));
  if (auto read = disk::reload_units(*boot_.tools, within(kMountTime)); !read) return read;
  return disk::start_unit(*boot_.tools, *unit, within(kMountTime));
}

Result<void> Work::mount(const DiskAction& action) {
  const auto device = device_of(action);
  auto signature = disk::read_signature(device);
  if (!signature) return std::unexpected(std::move(signature.error()));
  if (signature->type != action.file_system || signature->uuid.empty())
    return fail(Reason::kDisk, device + " has " + printable(signature->type) + " on it, not " +
                                   action.file_system);
  if (auto made = disk::make_mount_point(root(), action.mount_point); !made) return made;
  const bool fstab = boot_.config.disk.mounts == DiskOptions::Mounts::kFstab;
  if (auto mounted = fstab ? mount_by_fstab(*signature, action) : mount_by_unit(action); !mounted)
    return mounted;
  if (!action.ephemeral || !boot_.config.disk.warning_file) return {};
  auto warned = root().write(action.mount_point + "/" + std::string(disk::kWarningName),
                             disk::warning_text());
  if (!warned) return std::unexpected(std::move(warned.error()));
  return {};
}

Result<void> Work::swap(const DiskAction& action) {
  if (swap_error_) return std::unexpected(*swap_error_);
  if (action.mount_point.empty())
    return disk::swap_on(*boot_.tools, device_of(action), within(kTableTime));
  const auto path = action.mount_point + "/" + kSwapFile;
  if (!root().exists(path)) {
    auto made = disk::make_swap_file(*boot_.tools, root(), path, action.size, action.file_system,
                                     within(disk::kFileSystemTime));
    if (!made) return std::unexpected(std::move(made.error()));
  }
  return disk::swap_on(*boot_.tools, path, within(kTableTime));
}

Result<void> Work::stripe(const DiskAction& action) {
  auto array = bring_up_array(boot_, action);
  if (!array) return std::unexpected(std::move(array.error()));
  auto& facts = boot_.disks.facts;
  facts.disks.push_back(*array);
  boot_.record.disks.push_back({.device = array->device,
                                .kind = std::string(disk::to_string(array->kind)),
                                .why = array->why,
                                .size = array->size,
                                .found = content_in_words(*array),
                                .decisions = done_before(boot_.disks.told, array->device)});
  const auto chain = disk::plan_array(*array, facts, boot_.config.disk);
  for (const auto& each : chain) record_decision(boot_, each);
  auto done = run(chain);
  if (!done) return std::unexpected(std::move(done.error()));
  return {};
}

Result<void> Work::grow(const DiskAction& action) {
  const Disk* disk = boot_.disks.find(action.device);
  if (disk == nullptr) return fail(Reason::kDisk, "it is gone");
  // Not for this program alone: the root file system is on it.
  auto fd = root().open_file(disk->device, O_RDWR | O_NONBLOCK);
  if (!fd) return std::unexpected(std::move(fd.error()));
  if (auto same = check_unchanged(fd->get(), *disk); !same) return same;
  auto grown = disk::grow_last_partition(fd->get(), disk->device, action.partition);
  if (!grown) return std::unexpected(std::move(grown.error()));
  fd->reset();
  auto file_system = disk::grow_file_system(*boot_.tools, action.mount_point, action.file_system,
                                            device_of(action), within(disk::kFileSystemTime));
  if (!file_system) return std::unexpected(std::move(file_system.error()));
  memory().grown_to = disk->size;
  return save_disk_memory(root(), memory());
}

/// The actions of each device by themselves, in their order.
std::vector<std::vector<DiskAction>> chains(const std::vector<DiskAction>& actions) {
  std::vector<std::vector<DiskAction>> chains;
  for (const auto& action : actions) {
    const auto found = std::ranges::find_if(
        chains, [&](const auto& chain) { return chain.front().device == action.device; });
    if (found == chains.end())
      chains.push_back({action});
    else
      found->push_back(action);
  }
  return chains;
}

/// What is still being made on these disks is not gone on with by this run.
void leave(Boot& boot, const std::vector<Disk>& disks, std::string_view step) {
  auto left = leave_disks(boot.machine.root, boot.disks.facts.history, disks);
  if (!left) boot.find(Severity::kDegraded, left.error(), step);
}

/// Runs the chains that begin with an action that fits.
template <class Fits>
Said run_chains(Boot& boot, std::string_view step, Fits fits) {
  std::vector<std::string> done;
  std::vector<std::string> failed;
  for (const auto& chain : chains(boot.disks.actions)) {
    if (chain.front().act == Act::kLeave || !fits(chain.front())) continue;
    auto ran = Work(boot).run(chain);
    if (ran) {
      done.push_back(std::move(*ran));
    } else {
      failed.push_back(chain.front().device);
      boot.find(Severity::kDegraded,
                Error(Reason::kDisk, ran.error().to_string())
                    .with_context(chain.front().device + " is not as it was to be"),
                step, chain.front().device);
    }
    // At once, for other disks may take minutes.
    leave(boot, boot.disks.disks_of(chain.front()), step);
  }
  if (done.empty() && failed.empty()) return {Said::kSkipped, "there is nothing to do"};
  const bool any = !done.empty();
  if (!failed.empty()) done.push_back("it failed for " + join(failed, ", "));
  return changed(any, join(done, "; "));
}

/// Lines of ours that are not called for any more go: systemd would mount by them, or refuse to
/// mount otherwise.
Result<void> tidy_fstab(Boot& boot) {
  const auto& disks = boot.disks;
  if (!disks.late.empty()) return {};  // what becomes of the others is not known here
  std::vector<std::string> kept;
  if (boot.config.disk.mounts == DiskOptions::Mounts::kFstab) {
    for (const auto& action : disks.actions) {
      if (action.act == Act::kMount) kept.push_back(action.mount_point);
    }
    for (const auto& [point, state] : disks.facts.points) {
      if (state == disk::PointState::kMounted) kept.push_back(point);
    }
  }
  auto text = disk::read_fstab(boot.machine.root);
  if (!text) return std::unexpected(std::move(text.error()));
  const auto edit = disk::remove_fstab_lines(*text, kept);
  if (!edit.changed) return {};
  if (auto written = disk::write_fstab(boot.machine.root, edit.text); !written)
    return std::unexpected(std::move(written.error()));
  return disk::reload_units(*boot.tools, Deadline(boot.machine.clock, kMountTime));
}

}  // namespace

void record_decision(Boot& boot, const DiskAction& action) {
  auto& disks = boot.record.disks;
  auto found = std::ranges::find(disks, action.device, &DiskRecord::device);
  if (found == disks.end()) {
    disks.push_back(
        {.device = action.device, .kind = action.act == Act::kStripe ? "array" : "data"});
    found = disks.end() - 1;
  }
  auto decision = disk::in_words(action) + ": " + action.why;
  if (std::ranges::find(found->decisions, decision) == found->decisions.end())
    found->decisions.push_back(std::move(decision));
}

Result<UniqueFd> open_unchanged(const Root& root, const Disk& decided) {
  auto fd = root.open_file(decided.device, O_RDWR | O_EXCL | O_NONBLOCK);
  if (!fd && fd.error().errno_value() == EBUSY)
    return fail(Reason::kDisk, decided.device + " is in use by now");
  if (!fd) return std::unexpected(std::move(fd.error()));
  if (auto same = check_unchanged(fd->get(), decided); !same)
    return std::unexpected(std::move(same.error()));
  return fd;
}

Result<Said> grow_os_disk(Boot& boot) {
  return run_chains(boot, "growth", [](const auto& action) { return action.act == Act::kGrow; });
}

Result<Said> set_up_disks(Boot& boot) {
  if (auto tidied = tidy_fstab(boot); !tidied)
    boot.find(Severity::kDegraded, std::move(tidied.error()).with_context("tidying /etc/fstab"),
              "set-up");
  leave(boot, boot.disks.left(), "set-up");
  return run_chains(boot, "set-up", [](const auto& action) { return action.act != Act::kGrow; });
}

}  // namespace azl::provision
