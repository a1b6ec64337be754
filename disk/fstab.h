// Our lines in /etc/fstab, among those of others, which stay as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::disk {

/// A line. One of ours is known by the option x-azl-provision, which mount(8) and systemd ignore.
struct FstabLine {
  std::string what = {};         ///< "UUID=…", a path
  std::string mount_point = {};  ///< absolute; "none" for swap
  std::string type = {};         ///< "ext4", "swap"
  std::string options = {};      ///< beside nofail and those for systemd, comma-separated
  /// Other names of the same device by which a line of the user's may call it: "/dev/sdb1",
  /// "LABEL=…", "/dev/disk/cloud/azure_resource-part1".
  std::vector<std::string> other_names = {};
};

/// What came of an edit.
struct FstabEdit {
  std::string text = {};  ///< the whole file
  bool changed = false;
  std::string taken_by = {};  ///< the user's line for this mount point or device, which wins: then
                              ///< nothing is added, and a line of ours for it is gone
  [[nodiscard]] bool taken() const { return !taken_by.empty(); }
};

/// Adds our line at the end, or replaces the one for the same mount point (of swap: the same
/// device) where it stands. All else stays byte for byte. Pure.
[[nodiscard]] FstabEdit add_fstab_line(std::string_view text, const FstabLine& line);

/// Removes our lines but those for the mount points (of swap: devices) in `kept`. Pure.
[[nodiscard]] FstabEdit remove_fstab_lines(std::string_view text,
                                           const std::vector<std::string>& kept);

/// /etc/fstab; empty when there is none. Errors: those of Root::read.
[[nodiscard]] Result<std::string> read_fstab(const Root& root);
/// Replaces it atomically; mode and owner stay. Returns whether it changed. Errors: those of
/// Root::write.
[[nodiscard]] Result<bool> write_fstab(const Root& root, std::string_view text);

}  // namespace azl::disk
