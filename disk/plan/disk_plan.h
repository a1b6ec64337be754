// What is to be done with a VM's disks, and why: decided from plain data. Nothing that anyone wrote
// is ever lost: what is not known to be empty is left.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "disk/block_device.h"
#include "disk/unfinished_work.h"

namespace azl::disk {

/// One data disk as the configuration wants it.
struct DataDisk {
  int lun = -1;
  std::string file_system = "ext4";  ///< "ext4", "xfs", "btrfs"
  std::string label = {};
  std::string mount_point = {};  ///< empty: it is not mounted
  std::string options = {};      ///< of the mount, comma-separated
  bool overwrite = false;        ///< whatever is on it, unless it is in use
};

/// azl-provision.conf(5), [Disk].
struct DiskOptions {
  enum class Local { kNone, kFirst, kEach, kStripe };
  enum class Mounts { kUnit, kFstab };
  enum class Swap { kNone, kFile, kPartition };
  bool grow = true;           ///< the OS disk
  bool resource_disk = true;  ///< is formatted where it is empty, and mounted
  Local local_disks = Local::kNone;
  std::string file_system = "ext4";  ///< of ephemeral disks: "ext4", "xfs"
  std::string label = "ephemeral";
  std::string mount_point = "/mnt";  ///< of the resource disk
  std::string local_mount_point =
      "/local";                    ///< of local disks; each by itself: below it, "/local/1"
  std::string mount_options = {};  ///< beside nofail, comma-separated
  Mounts mounts = Mounts::kUnit;
  bool warning_file = true;               ///< DATALOSS_WARNING_README.txt
  Swap swap = Swap::kNone;                ///< on the resource disk, else on the first local one
  std::uint64_t swap_size = 2ULL << 30U;  ///< bytes
  /// A disk with Azure's label whose NTFS this kernel can't read counts as empty.
  bool trust_label = false;
  std::vector<std::string> local_models = {};  ///< NVMe models that are local disks, beside Azure's
  std::vector<DataDisk> data = {};
  /// Whether there is anything to look at.
  [[nodiscard]] bool any() const;
};

/// What is at a path where something is to be mounted.
enum class PointState {
  kFree,         ///< nothing, or an empty directory
  kMounted,      ///< something is mounted there already
  kNotEmpty,     ///< a directory with files
  kNoDirectory,  ///< a file, a device
  kLink,         ///< a symbolic link, or one on the way to it
  kClaimed,      ///< a line of the user's in /etc/fstab is for it
};

/// Where the root file system is.
struct RootFileSystem {
  std::string source = {};  ///< "/dev/sda2", "/dev/mapper/rootvg-rootlv"; empty: not known
  std::string type = {};    ///< "ext4"
};

/// What the plan rests on.
struct DiskFacts {
  std::vector<Disk> disks = {};
  RootFileSystem root = {};
  std::map<std::string, PointState> points = {};  ///< of the paths that the options name
  std::string other_formatter =
      {};  ///< another program that formats the resource disk, as a sentence
  std::string other_local_formatter = {};  ///< the same of local disks
  std::string other_grower = {};  ///< another program that grows the OS disk, as a sentence
  DiskHistory history = {};
};

enum class Act { kLeave, kGrow, kFormat, kStripe, kMount, kSwap };
/// As in the plan and the report: leave, grow, format, raid0, mount, swap.
[[nodiscard]] std::string_view to_string(Act act);

/// One thing to do. What is done to one device is done in order, and ends with the first failure.
struct DiskAction {
  Act act = Act::kLeave;
  std::string device = {};  ///< the disk; of a striped array: "/dev/md/azl-local"
  int partition = 0;        ///< which one is grown, mounted, or swapped to; 0: the whole device
  std::vector<std::string> members = {};  ///< kStripe: the disks
  bool assemble = false;                  ///< kStripe: the array is there, of an earlier boot
  /// kStripe: of the array that is there, or was begun; empty: it is made anew
  std::string array_uuid = {};
  /// kStripe: what udev began to start of an array that was not made to its end, "md127"
  std::vector<std::string> stop = {};
  /// kFormat: a new table with one partition, or with a second one for swap, is written first.
  /// Otherwise the file system is made in what is there.
  bool partition_it = false;
  std::string file_system = {};
  std::string label = {};
  std::string mount_point = {};  ///< kMount; kSwap: of the file system with the swap file
  std::string options = {};
  std::uint64_t size = 0;  ///< bytes; kSwap, and kFormat with a partition for swap
  bool ephemeral = false;  ///< gets the warning that it loses what is on it
  bool settled =
      false;  ///< kLeave: as it should be, or not asked for: nobody has to hear of it again
  std::string why = {};  ///< a sentence
};

/// What an action does, without its reason: "format /dev/sdb as ext4", "mount /dev/sdb1 at /mnt".
/// Pure.
[[nodiscard]] std::string in_words(const DiskAction& action);

/// Decides what becomes of a striped array of local disks, which can be looked at only when it
/// runs. Pure.
[[nodiscard]] std::vector<DiskAction> plan_array(const Disk& array, const DiskFacts& facts,
                                                 const DiskOptions& options);

/// The name of the array of all local disks: /dev/md/NAME.
inline constexpr std::string_view kArrayName = "azl-local";

/// Decides: a kLeave, or more, for each disk that is not kOther. Pure; the same whatever the order
/// of the disks.
[[nodiscard]] std::vector<DiskAction> plan_disks(const DiskFacts& facts,
                                                 const DiskOptions& options);

}  // namespace azl::disk
