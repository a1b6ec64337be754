#include "provision/custom_data/run/disk_items.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

#include "base/text.h"
#include "disk/block_device.h"
#include "disk/file_system.h"
#include "disk/fstab.h"
#include "disk/mount_point.h"
#include "disk/mount_unit.h"
#include "disk/swap.h"
#include "disk/usage.h"
#include "provision/custom_data/plan/mounts.h"
#include "provision/record/record.h"
#include "provision/store/disk_wishes.h"

namespace azl::provision::custom_data {
namespace {

using namespace std::chrono_literals;

/// That of azl-provision-disks.service, with the time that another run of the stage may take.
constexpr Duration kDisksTime = 125min;
/// Longer than the time limit of a share in /etc/fstab.
constexpr Duration kMountTime = 1min;
constexpr Duration kSwapTime = 2min;

/// Adds a line to /etc/fstab.
Result<void> add_line(const Root& root, const disk::CustomLine& line) {
  const auto text = OR_RETURN(disk::read_fstab(root));
  const auto edit = disk::add_custom_line(text, line);
  // The line of others may have a password.
  if (edit.taken())
    return fail(
        Cause::kCustomDataMount,
        "/etc/fstab has another line for " +
            describe_source(line.mount_point.starts_with('/') ? line.mount_point : line.what) +
            ", which stays as it is");
  OR_RETURN(disk::write_fstab(root, edit.text));
  return {};
}

/// Activates swap, unless a line of an earlier boot has done so.
Result<void> activate_swap(const Context& context, const std::string& path) {
  const auto swaps = OR_RETURN(context.root().read_if_exists("/proc/swaps"));
  std::error_code error;
  const auto device = std::filesystem::canonical(path, error).string();
  const auto active = disk::parse_swaps(swaps.value_or(""));
  if (std::ranges::find(active, error ? path : device) != active.end()) return {};
  return disk::swap_on(context.machine.processes, path, context.within(kSwapTime));
}

/// Whether what is to be mounted is there, as far as that can be told: for a device that is
/// missing, systemd would wait, and logins with it.
bool is_there(const Context& context, const std::string& what) {
  if (what.starts_with("/dev/")) return context.root().exists(what);
  constexpr auto kTags =
      std::to_array<std::string_view>({"LABEL=", "UUID=", "PARTLABEL=", "PARTUUID="});
  const auto names = [&](std::string_view tag) { return what.starts_with(tag); };
  if (std::ranges::none_of(kTags, names)) return true;
  const auto found =
      context.machine.processes.run({.argv = {"findfs", what}}, context.within(kMountTime));
  return found || found.error().reason() != Reason::kToolFailed;
}

/// Errors: those of systemctl and swapon; kIo if the device is missing.
Result<void> mount_line(const Context& context, const AddMount& item) {
  auto& processes = context.machine.processes;
  if (!is_there(context, item.what)) return fail(Reason::kIo, "there is no such device");
  OR_RETURN(disk::reload_units(processes, context.within(kMountTime)));
  if (!item.mount_point.starts_with('/')) return activate_swap(context, item.what);
  const auto unit = OR_RETURN(disk::unit_name(item.mount_point, ".mount"));
  return disk::start_unit(processes, unit, context.within(kMountTime));
}

/// The type of the file system that a path is on; empty if it is not known.
std::string file_system_of(const Root& root, const std::string& path) {
  const auto usage = disk::read_usage(root);
  if (!usage) return {};
  const disk::Mount* best = nullptr;
  for (const auto& mount : usage->mounts) {
    const bool above = mount.point == "/" || path.starts_with(mount.point + "/");
    if (above && (best == nullptr || mount.point.size() >= best->point.size())) best = &mount;
  }
  return best == nullptr ? std::string() : best->type;
}

std::string directory_of(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

/// The size that suits the memory, bytes.
std::uint64_t suggest_size(std::uint64_t memory) {
  constexpr std::uint64_t kGiB = 1ULL << 30U;
  if (memory <= kGiB) return memory * 2;
  if (memory <= 2 * kGiB) return 2 * kGiB;
  if (memory <= 4 * kGiB) return memory;
  if (memory <= 16 * kGiB) return 4 * kGiB;
  return memory / 2;
}

/// The size of the new swap file, bytes. Errors: kIo.
Result<std::uint64_t> find_swap_size(const Root& root, const MakeSwapFile& item) {
  if (item.size > 0) return item.size;
  struct sysinfo memory{};
  if (::sysinfo(&memory) != 0) return fail_errno(errno, "reading the size of the memory");
  const auto directory = OR_RETURN(root.open_file(directory_of(item.path), O_RDONLY | O_DIRECTORY));
  struct statvfs status{};
  if (::fstatvfs(directory.get(), &status) != 0)
    return fail_errno(errno, "measuring the free space");
  return choose_swap_size(item, static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit,
                          static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize);
}

/// Returns the size of the file in bytes. A file that exists may have any: the document's may have
/// been "auto".
Result<std::uint64_t> find_or_make(const Context& context, const MakeSwapFile& item) {
  const Root& root = context.root();
  if (const auto found = OR_RETURN(disk::find_swap_file(root, item.path))) {
    const auto why = disk::why_not_swap_to(*found, {}, found->size);
    if (why.empty()) return found->size;
    return fail(Reason::kDisk, "it stays as it is, and is not used as swap: " + why);
  }
  OR_RETURN(root.make_directory(directory_of(item.path), {.mode = 0755}));
  const auto size = OR_RETURN(find_swap_size(root, item));
  OR_RETURN(disk::make_swap_file(context.machine.processes, root, item.path, size,
                                 file_system_of(root, item.path),
                                 context.within(disk::kFileSystemTime)));
  return size;
}

/// Returns the size of the file in bytes.
Result<std::uint64_t> set_up_swap(const Context& context, const MakeSwapFile& item) {
  const auto size = OR_RETURN(find_or_make(context, item));
  OR_RETURN(add_line(context.root(), {.what = item.path,
                                      .mount_point = "none",
                                      .type = "swap",
                                      .options = "sw",
                                      .dump = "0",
                                      .pass = "0"}));
  OR_RETURN(activate_swap(context, item.path));
  return size;
}

}  // namespace

Result<std::string> set_up_disks(const SystemRun& run, const SetUpDisks& item) {
  const auto& context = run.context;
  OR_RETURN(
      save_disk_wishes(context.root(), {.vm_id = context.identity.vm_id, .disks = item.disks}),
      "storing what the document asks of disks");
  return run_stage_disks(context);
}

Result<std::string> run_stage_disks(const Context& context) {
  // 2: done with warnings, which its own record has.
  const auto ended = context.machine.processes.run(
      {.argv = {"/proc/self/exe", "run", "--stage=disks"}, .good_statuses = {0, 2}},
      context.within(kDisksTime));
  if (!ended)
    return fail(Cause::kCustomDataDisks, "stage disks failed: " + ended.error().to_string());
  if (are_disks_undecided(context.root()))
    return fail(Cause::kCustomDataDisks,
                "stage disks has left the disks alone, because this VM is not provisioned");
  const auto record = kept_record(context.root(), boot_id_of(context.root()), Stage::kDisks);
  if (record && record->outcome == StageOutcome::kDegraded)
    return fail(Cause::kCustomDataDisks,
                "stage disks could not do all of it; its own findings say why");
  return "stage disks has carried it out";
}

Result<std::string> add_mount(const SystemRun& run, const AddMount& item) {
  const auto& context = run.context;
  const Root& root = context.root();
  OR_RETURN(add_line(root, {.what = item.what,
                            .mount_point = item.mount_point,
                            .type = item.type,
                            .options = item.options.reveal(),
                            .dump = item.dump,
                            .pass = item.pass}));
  const auto shown = describe_source(item.what);
  const auto options = split(item.options.reveal(), ',');
  if (!root.live() || std::ranges::find(options, "noauto") != options.end())
    return "added a line for " + shown + " to /etc/fstab";
  const bool is_swap = !item.mount_point.starts_with('/');
  if (!is_swap) OR_RETURN(root.make_directory(item.mount_point, {.mode = 0755}));
  if (const auto mounted = mount_line(context, item); !mounted)
    return fail(Cause::kCustomDataMount, shown + " could not be " +
                                             (is_swap ? "activated" : "mounted") + ": " +
                                             mounted.error().to_string());
  return is_swap ? shown + " is swap" : shown + " is mounted at " + printable(item.mount_point);
}

Result<std::string> make_swap_file(const SystemRun& run, const MakeSwapFile& item) {
  const auto size = set_up_swap(run.context, item);
  if (!size)
    return fail(Cause::kCustomDataSwap, printable(item.path) + ": " + size.error().to_string());
  return printable(item.path) + " is swap, " + std::to_string(*size / disk::kMiB) + " MiB";
}

std::uint64_t choose_swap_size(const MakeSwapFile& item, std::uint64_t memory, std::uint64_t free) {
  if (item.size > 0) return item.size;
  constexpr std::uint64_t kMost = 8ULL << 30U;
  const auto most =
      item.max_size > 0 ? std::min(item.max_size, free / 10 * 8) : std::min(kMost, free / 4);
  return std::min(suggest_size(memory), most) / disk::kMiB * disk::kMiB;
}

}  // namespace azl::provision::custom_data
