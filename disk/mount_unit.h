// systemd's units for mounts and swap: their names, their text, and starting them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/root.h"

namespace azl::disk {

/// A mount as a unit.
struct MountUnit {
  std::string what = {};     ///< "/dev/disk/by-uuid/…"
  std::string where = {};    ///< absolute, no symbolic link
  std::string type = {};     ///< "ext4"
  std::string options = {};  ///< beside nofail, comma-separated; empty: none
  std::string description = {};
};

/// A swap file or partition as a unit.
struct SwapUnit {
  std::string what = {};  ///< "/dev/disk/by-uuid/…", "/mnt/swapfile"
  std::string description = {};
};

/// A unit as a file.
struct UnitFile {
  std::string name = {};  ///< "mnt.mount"
  std::string text = {};
  bool operator==(const UnitFile&) const = default;
};

/// The name of a path's unit by the rules of systemd.unit(5), as systemd-escape --path makes it:
/// "/data/my disk", ".mount" -> "data-my\x20disk.mount". Errors: kInvalidInput for a path that is
/// not absolute or has "..", and a name longer than systemd's 255 bytes.
[[nodiscard]] Result<std::string> unit_name(std::string_view path, std::string_view suffix);

/// "UUID" as it is found below /dev/disk/by-uuid.
[[nodiscard]] std::string device_by_uuid(std::string_view uuid);

/// The units' files. They hold up nothing: "nofail" takes a mount out of local-fs.target's way
/// (systemd.mount(5)), and nothing wants them but who starts them. Stopping at shutdown comes with
/// the default dependencies. They are not ordered after azl-provision-disks.service: that writes
/// them on each boot before it starts them, and would wait for itself where it needs what is
/// mounted. Errors: kInvalidInput, also for what can't be written in a unit: control characters, a
/// backslash at the end.
[[nodiscard]] Result<UnitFile> mount_unit(const MountUnit& unit);
[[nodiscard]] Result<UnitFile> swap_unit(const SwapUnit& unit);

/// Writes units to /run/systemd/system, for this boot. Returns whether any changed. Errors: kIo and
/// other errors of Root::write.
[[nodiscard]] Result<bool> write_units(const Root& root, const std::vector<UnitFile>& units);

/// Whether to wait for a unit.
enum class UnitStart { kWait, kNoBlock };
/// Has systemd read its units anew. Errors: kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<void> reload_units(Processes& processes, const Deadline& deadline);
/// Starts a unit. With kWait a failed mount is an error. Errors: as above.
[[nodiscard]] Result<void> start_unit(Processes& processes, const std::string& name, UnitStart how,
                                      const Deadline& deadline);

}  // namespace azl::disk
