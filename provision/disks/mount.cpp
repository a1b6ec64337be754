#include "provision/disks/mount.h"

#include <chrono>

#include "base/text.h"
#include "disk/fstab.h"
#include "disk/mount_point.h"
#include "disk/mount_unit.h"
#include "disk/signatures.h"

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

Result<void> mount_by_fstab(const Context& context, const std::string& device,
                            const std::string& uuid, const disk::act::Mount& mount) {
  const auto text = OR_RETURN(disk::read_fstab(context.root()));
  const auto edit = disk::add_fstab_line(text, {.what = "UUID=" + uuid,
                                                .mount_point = mount.mount_point,
                                                .type = mount.file_system,
                                                .options = mount.options,
                                                .other_names = {device}});
  if (edit.taken())
    return fail(Reason::kDisk, "/etc/fstab has another line for the device or the mount point: " +
                                   printable(edit.taken_by));
  OR_RETURN(disk::write_fstab(context.root(), edit.text));
  const auto unit = OR_RETURN(disk::unit_name(mount.mount_point, ".mount"));
  OR_RETURN(disk::reload_units(context.machine.processes, context.within(kMountTime)));
  return disk::start_unit(context.machine.processes, unit, context.within(kMountTime));
}

}  // namespace

Result<void> mount_device(const Context& context, const std::string& device,
                          const disk::act::Mount& mount) {
  const auto& options = context.config.disk;
  const auto signature = OR_RETURN(disk::read_signature(device));
  if (signature.type != mount.file_system || signature.uuid.empty())
    return fail(Reason::kDisk,
                device + " has " + printable(signature.type) + " on it, not " + mount.file_system);
  OR_RETURN(disk::make_mount_point(context.root(), mount.mount_point));
  OR_RETURN(options.mounts == disk::DiskOptions::Mounts::kFstab
                ? mount_by_fstab(context, device, signature.uuid, mount)
                : mount_by_unit(context, device, mount));
  if (mount.ephemeral && options.warning_file)
    OR_RETURN(context.root().write(mount.mount_point + "/" + std::string(disk::kWarningName),
                                   disk::warning_text()));
  return {};
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
