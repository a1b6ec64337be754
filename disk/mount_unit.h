// Mounts by systemd: by a unit of this boot, or by the one that it makes of fstab.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"

namespace azl::disk {

/// A mount.
struct MountUnit {
  std::string what = {};     ///< "/dev/disk/by-uuid/…"
  std::string where = {};    ///< absolute, no symbolic link
  std::string type = {};     ///< "ext4"
  std::string options = {};  ///< beside nofail, comma-separated; empty: none
  std::string description = {};
};

/// The name of a path's unit by the rules of systemd.unit(5), as systemd-escape --path makes it:
/// "/data/my disk", ".mount" -> "data-my\x20disk.mount". Errors: kInvalidInput for a path that is
/// not absolute or has "..", and a name longer than systemd's 255 bytes.
[[nodiscard]] Result<std::string> unit_name(std::string_view path, std::string_view suffix);

/// Has systemd mount it for this boot, and waits: a transient unit, for which systemd reads nothing
/// anew, which holds up nothing, and which is unmounted at shutdown like others. Errors:
/// kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<void> mount_now(Processes& processes, const MountUnit& unit,
                                     const Deadline& deadline);

/// Has systemd read its units anew. Errors: kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<void> reload_units(Processes& processes, const Deadline& deadline);
/// Starts a unit and waits: a failed mount is an error. Errors: as above.
[[nodiscard]] Result<void> start_unit(Processes& processes, const std::string& name,
                                      const Deadline& deadline);

}  // namespace azl::disk
