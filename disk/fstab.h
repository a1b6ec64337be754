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
  bool adopted = false;  ///< it takes the place of another agent's line: see AgentLine
};

/// A line that cloud-init wrote, or that this program wrote in the place of one. cloud-init marks
/// the lines of users' own "mounts:", too.
struct AgentLine {
  std::string text = {};         ///< without white space around it
  std::string device = {};       ///< "/dev/disk/by-uuid/…" for "UUID=…"
  std::string mount_point = {};  ///< absolute
  std::string options = {};      ///< without those of cloud-init and of this program
  bool ours = false;             ///< this program wrote it
  bool operator==(const AgentLine&) const = default;
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

/// A line that custom data asks for. It has the option x-azl-custom-data. Unlike lines of this
/// program, it stays until somebody removes it, or another VM is provisioned.
struct CustomLine {
  std::string what = {};         ///< "/dev/disk/by-label/x", "LABEL=x", "server:/share", "tmpfs"
  std::string mount_point = {};  ///< absolute; "none" for swap
  std::string type = "auto";
  std::string_view options = {};  ///< comma-separated; nofail is added, and what a share needs
  std::string dump = "0";
  std::string pass = "0";
};
/// Adds a line at the end, or replaces the one that custom data asked for earlier, for the same
/// mount point (for swap: the same device). All other lines stay byte for byte. Pure.
[[nodiscard]] FstabEdit add_custom_line(std::string_view text, const CustomLine& line);

/// Removes all lines that custom data asked for. Pure.
[[nodiscard]] FstabEdit remove_custom_lines(std::string_view text);
/// Finds the lines that have one of cloud-init's options (comment=cloudconfig,
/// x-systemd.requires=cloud-init.service, x-systemd.after=cloud-init-network.service), and those of
/// this program that were added as adopted. Skips lines for swap. Pure.
[[nodiscard]] std::vector<AgentLine> find_agent_lines(std::string_view text);
/// Replaces the lines in `old` by `line`, and removes other lines of this program for the
/// same mount point. If none of `old` is in the text, nothing is changed. Pure.
[[nodiscard]] FstabEdit replace_fstab_lines(std::string_view text,
                                            const std::vector<std::string>& old,
                                            const FstabLine& line);
/// Returns the text without the lines in `old`. Pure.
[[nodiscard]] std::string without_lines(std::string_view text, const std::vector<std::string>& old);
/// Whether a line that neither this program nor custom data wrote is for the mount point. Pure.
[[nodiscard]] bool is_claimed(std::string_view text, const std::string& mount_point);

/// The copy of /etc/fstab that is kept before lines of others are replaced. If the name exists, a
/// number is added, ".1" to ".9".
inline constexpr std::string_view kFstabCopy = "/etc/fstab.before-azl-provision";
/// Writes such a copy with the mode and owner of /etc/fstab. Never overwrites an older copy.
/// Returns the path of the copy, or of an older one with the same text. Errors: kIo if there are 10
/// copies; those of Root::write.
[[nodiscard]] Result<std::string> keep_fstab_copy(const Root& root, std::string_view text);

/// Reads /etc/fstab. Returns an empty text if it does not exist. Errors: those of Root::read.
[[nodiscard]] Result<std::string> read_fstab(const Root& root);
/// Replaces /etc/fstab atomically and keeps its mode and owner. Returns whether it changed. Errors:
/// those of Root::write.
[[nodiscard]] Result<bool> write_fstab(const Root& root, std::string_view text);

}  // namespace azl::disk
