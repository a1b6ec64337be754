// Lines of this program in /etc/fstab. All other lines stay as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::disk {

/// A line of this program. It has the option x-azl-provision, which mount(8) and systemd ignore.
struct FstabLine {
  std::string what = {};         ///< "UUID=…", a path
  std::string mount_point = {};  ///< absolute; "none" for swap
  std::string type = {};         ///< "ext4", "swap"
  std::string options = {};      ///< comma-separated; nofail and systemd's are added
  /// Other names of the device that a user's line may have: "/dev/sdb1", "LABEL=…",
  /// "/dev/disk/cloud/azure_resource-part1".
  std::vector<std::string> other_names = {};
};

/// The result of an edit.
struct FstabEdit {
  std::string text = {};  ///< the whole file
  bool changed = false;
  /// The user's line for this mount point or device, which takes precedence: then no line of this
  /// program is added, and an earlier one is removed. Empty: there is none.
  std::string taken_by = {};
  [[nodiscard]] bool taken() const { return !taken_by.empty(); }
};

/// Adds a line at the end, or replaces this program's line for the same mount point (for swap: the
/// same device) in place. All other lines stay byte for byte. Pure.
[[nodiscard]] FstabEdit add_fstab_line(std::string_view text, const FstabLine& line);

/// Removes this program's lines, except those for the mount points (for swap: devices) in `kept`.
/// Pure.
[[nodiscard]] FstabEdit remove_fstab_lines(std::string_view text,
                                           const std::vector<std::string>& kept);

/// Reads /etc/fstab. Returns an empty text if it does not exist. Errors: those of Root::read.
[[nodiscard]] Result<std::string> read_fstab(const Root& root);
/// Replaces /etc/fstab atomically and keeps its mode and owner. Returns whether it changed. Errors:
/// those of Root::write.
[[nodiscard]] Result<bool> write_fstab(const Root& root, std::string_view text);

}  // namespace azl::disk
