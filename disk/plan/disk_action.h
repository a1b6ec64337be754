// One thing to do with a disk, and why: the elements of the disks' plan. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace azl::disk {

/// The kinds of actions, each with what it needs.
namespace act {

/// The disk stays as it is.
struct Leave {
  /// The disk is as it should be, or nothing was asked for. A later run does not report it again.
  bool settled = false;
  bool custom_data = false;  ///< custom data asks for something else, and is told why not
};

/// Grows a partition of the OS disk to the end of the disk, then its mounted file system.
struct Grow {
  int partition = 0;
  std::string file_system = {};
  std::string mount_point = "/";
};

/// Makes a file system.
struct Format {
  /// A new partition table is written first, and partition 1 gets the file system. If false, the
  /// whole device gets it.
  bool new_table = false;
  std::string file_system = {};
  std::string label = {};
  std::uint64_t swap_size = 0;  ///< bytes of partition 2 of a new table, for swap; 0: there is none
};

/// Makes or starts a striped array.
struct Stripe {
  std::vector<std::string> members = {};  ///< devices of its disks
  bool assemble = false;                  ///< an earlier boot made it: it is only started
  /// UUID of an array that an earlier boot made or began to make. Empty: the array is new.
  std::string array_uuid = {};
  /// Arrays to stop first, "md127": udev began to start them from an unfinished array's members.
  std::vector<std::string> stop = {};
};

/// Replaces cloud-init's lines in /etc/fstab by a line of this program. The file system exists by
/// then. Does not mount it.
struct Adopt {
  int partition = 0;                    ///< 0: the whole device
  std::vector<std::string> lines = {};  ///< cloud-init's
  std::string file_system = {};         ///< empty: cloud-init's lines are only removed
  std::string mount_point = {};
  std::string options = {};  ///< comma-separated
};

/// Mounts a file system.
struct Mount {
  int partition = 0;  ///< 0: the whole device
  std::string file_system = {};
  std::string mount_point = {};
  std::string options = {};  ///< comma-separated
  bool ephemeral = false;    ///< the disk loses its content: a file at the mount point says so
  bool fstab = false;        ///< by a line in /etc/fstab, not by a transient unit
  bool stays = false;        ///< that line is not removed when nothing asks for it any more
  bool adopted = false;      ///< by a line in /etc/fstab as Adopt makes it
};

/// Activates swap: in a partition, or in a file, which is made if it does not exist.
struct Swap {
  int partition = 0;  ///< 0: in a file
  std::string file_system = {};
  std::string mount_point = {};  ///< of the file system with the file; empty: in a partition
  std::uint64_t size = 0;        ///< bytes
};

}  // namespace act

using Act = std::variant<act::Leave, act::Grow, act::Format, act::Stripe, act::Adopt, act::Mount,
                         act::Swap>;

/// The word for it in the plan and the report: leave, grow, format, raid0, adopt, mount, swap.
[[nodiscard]] std::string_view to_string(const Act& act);

/// One action. The actions for one device are done in order; the first failure ends them.
struct DiskAction {
  std::string device = {};  ///< "/dev/sdb"; of an array "/dev/md/azl-local"
  Act act = {};
  std::string why = {};  ///< a sentence

  /// The action as `Kind`, one of act's; null if it is another kind.
  template <class Kind>
  [[nodiscard]] const Kind* as() const {
    return std::get_if<Kind>(&act);
  }
  template <class Kind>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Kind>(act);
  }
};

/// The devices of an action's disks: the members of a striped array, otherwise the one device.
[[nodiscard]] std::vector<std::string> devices_of(const DiskAction& action);

/// What an action does, without the reason: "format /dev/sdb as ext4", "mount /dev/sdb partition 1
/// at /mnt".
[[nodiscard]] std::string describe_action(const DiskAction& action);

}  // namespace azl::disk
