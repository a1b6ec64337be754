#include "provision/disks/mount.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/text.h"
#include "disk/fstab.h"
#include "disk/mount_point.h"
#include "disk/mount_unit.h"
#include "disk/signatures.h"
#include "disk/sysfs.h"
#include "disk/usage.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kMountTime = 6min;  // longer than the unit's own, 300 s

Result<void> mount_by_unit(const Context& context, const std::string& device,
                           const disk::act::Mount& mount) {
  return disk::mount_now(context.machine.processes,
                         {.what = device,  // not the UUID, which a copy of the disk has, too
                          .where = mount.mount_point,
                          .type = mount.file_system,
                          .options = mount.options,
                          .description = mount.ephemeral ? "Ephemeral disk at " + mount.mount_point
                                                         : "Data disk at " + mount.mount_point},
                         context.within(kMountTime));
}

/// The UUID of the file system on a device. Errors: kDisk if it is of another type.
Result<std::string> find_uuid(const std::string& device, const std::string& file_system) {
  const auto signature = OR_RETURN(disk::read_signature(device));
  if (signature.type != file_system || signature.uuid.empty())
    return fail(Reason::kDisk,
                device + " has " + printable(signature.type) + " on it, not " + file_system);
  return signature.uuid;
}

/// Adds the line by which a file system is mounted.
disk::FstabEdit add_line(std::string_view text, const std::string& device, const std::string& uuid,
                         const disk::act::Mount& mount) {
  const auto what = "UUID=" + uuid;
  if (mount.stays)
    return disk::add_custom_line(text, {.what = what,
                                        .mount_point = mount.mount_point,
                                        .type = mount.file_system,
                                        .options = mount.options,
                                        .pass = mount.file_system == "ext4" ? "2" : "0"});
  return disk::add_fstab_line(text, {.what = what,
                                     .mount_point = mount.mount_point,
                                     .type = mount.file_system,
                                     .options = mount.options,
                                     .other_names = {device},
                                     .adopted = mount.adopted});
}

Result<void> mount_by_fstab(const Context& context, const std::string& device,
                            const std::string& uuid, const disk::act::Mount& mount) {
  const auto text = OR_RETURN(disk::read_fstab(context.root()));
  const auto edit = add_line(text, device, uuid, mount);
  if (edit.taken())
    return fail(Cause::kFstabLine,
                "/etc/fstab has another line for the device or the mount point: " +
                    printable(edit.taken_by));
  OR_RETURN(disk::write_fstab(context.root(), edit.text));
  const auto unit = OR_RETURN(disk::unit_name(mount.mount_point, ".mount"));
  OR_RETURN(disk::reload_units(context.machine.processes, context.within(kMountTime)));
  return disk::start_unit(context.machine.processes, unit, context.within(kMountTime));
}

/// Makes the mount point. While systemd still waits for the device of cloud-init's line, it may
/// mount a new file system there at any moment.
Result<void> prepare_point(const Context& context, const disk::act::Mount& mount) {
  const Root& root = context.root();
  const auto state = OR_RETURN(disk::read_point_state(root, mount.mount_point));
  if (!mount.adopted || (state != disk::PointState::kFree && state != disk::PointState::kMounted))
    return disk::make_mount_point(root, mount.mount_point);
  OR_RETURN(root.make_directory(mount.mount_point, {.mode = 0755}));
  return {};
}

/// Checks that what is mounted there is the device.
Result<void> check_mounted(const Root& root, const std::string& device, const std::string& point) {
  if (!root.live()) return {};
  const auto usage = OR_RETURN(disk::read_usage(root));
  const bool mounted = std::ranges::any_of(usage.used, [&](const auto& each) {
    return each.point == point && each.name == disk::name_of(device);
  });
  if (!mounted) return fail(Reason::kDisk, device + " is not mounted at " + point);
  return {};
}

Result<void> write_warning(const Context& context, const disk::act::Mount& mount) {
  if (!mount.ephemeral || !context.config.disk.warning_file) return {};
  OR_RETURN(context.root().write(mount.mount_point + "/" + std::string(disk::kWarningName),
                                 disk::warning_text()));
  return {};
}

}  // namespace

Result<void> mount_device(const Context& context, const std::string& device,
                          const disk::act::Mount& mount) {
  const auto uuid = OR_RETURN(find_uuid(device, mount.file_system));
  OR_RETURN(prepare_point(context, mount));
  OR_RETURN(mount.fstab ? mount_by_fstab(context, device, uuid, mount)
                        : mount_by_unit(context, device, mount));
  if (mount.adopted) OR_RETURN(check_mounted(context.root(), device, mount.mount_point));
  return write_warning(context, mount);
}

Result<std::string> adopt_fstab_line(const Context& context, const std::string& device,
                                     const disk::act::Adopt& adopt) {
  const Root& root = context.root();
  const auto text = OR_RETURN(disk::read_fstab(root));
  auto changed = disk::without_lines(text, adopt.lines);
  if (!adopt.file_system.empty()) {
    const auto uuid = OR_RETURN(find_uuid(device, adopt.file_system));
    changed = disk::replace_fstab_lines(text, adopt.lines,
                                        {.what = "UUID=" + uuid,
                                         .mount_point = adopt.mount_point,
                                         .type = adopt.file_system,
                                         .options = adopt.options,
                                         .adopted = true})
                  .text;
  }
  if (changed == text)
    return fail(Reason::kDisk, "/etc/fstab has changed since the decision, so it stays as it is");
  auto copy = OR_RETURN(disk::keep_fstab_copy(root, text));
  OR_RETURN(disk::write_fstab(root, changed));
  OR_RETURN(disk::reload_units(context.machine.processes, context.within(kMountTime)));
  return copy;
}

Result<void> remove_stale_fstab_lines(const Context& context,
                                      const std::vector<std::string>& kept) {
  const auto text = OR_RETURN(disk::read_fstab(context.root()));
  const auto edit = disk::remove_fstab_lines(text, kept);
  if (!edit.changed) return {};
  OR_RETURN(disk::write_fstab(context.root(), edit.text));
  return disk::reload_units(context.machine.processes, context.within(kMountTime));
}

}  // namespace azl::provision
