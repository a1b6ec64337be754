// Mounting by systemd: with a transient unit, or with the units that it generates from fstab.
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
  std::string options = {};  ///< comma-separated; nofail is added
  std::string description = {};
};

/// The name of a path's unit, escaped as in systemd.unit(5) and by systemd-escape --path:
/// "/data/my disk", ".mount" -> "data-my\x20disk.mount". Errors: kInvalidInput (not absolute, has
/// "..", or the name is longer than systemd's 255 bytes).
[[nodiscard]] Result<std::string> unit_name(std::string_view path, std::string_view suffix);

/// Mounts until the next boot with a transient unit, and waits. It needs no daemon-reload, nothing
/// waits for it, and systemd unmounts it at shutdown. Errors: kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<void> mount_now(Processes& processes, const MountUnit& unit,
                                     const Deadline& deadline);

/// Runs systemctl daemon-reload. Errors: kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<void> reload_units(Processes& processes, const Deadline& deadline);
/// Starts a unit and waits. Errors: kToolMissing, kToolFailed (also if the mount fails), kTimeout.
[[nodiscard]] Result<void> start_unit(Processes& processes, const std::string& name,
                                      const Deadline& deadline);

}  // namespace azl::disk
