// Disks and partitions of an Azure VM: their kind, content and use. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azl::disk {

inline constexpr std::uint64_t kMiB = 1ULL << 20U;

/// The part a disk plays on an Azure VM.
enum class DiskKind {
  kOs,        ///< holds the root file system, or is Azure's OS disk
  kResource,  ///< the SCSI resource disk; ephemeral, which means that its content can get lost
  kLocal,     ///< a local NVMe disk; ephemeral; a VM can have several
  kData,      ///< a data disk, which has a LUN
  kArray,     ///< the striped array of all local disks
  kOther,     ///< any other disk; never touched
};
/// The word in the plan and the report: os, resource, local, data, array, other.
[[nodiscard]] std::string_view to_string(DiskKind kind);

/// The name of a disk's place on the VM, which stays the same if the disk is replaced: "resource",
/// "data 3". Pure.
[[nodiscard]] std::string place_of(DiskKind kind, int number);

/// What libblkid finds on a disk or a partition.
struct Content {
  std::string type = {};  ///< TYPE: "ext4", "ntfs", "swap", "crypto_LUKS", "linux_raid_member";
                          ///< empty: no signature that libblkid knows
  std::string label = {};
  std::string uuid = {};
  bool unclear = false;  ///< signatures contradict each other, or could not be read
  bool operator==(const Content&) const = default;
};

/// How a disk or a partition is in use. Source: /proc/self/mountinfo, /proc/swaps, /sys/…/holders,
/// and /sys/…/loop/backing_file.
struct Use {
  std::vector<std::string> mounted_at = {};  ///< all mount points
  bool swap = false;
  std::vector<std::string> holders = {};  ///< "dm-0", "md127", "loop0"
  [[nodiscard]] bool any() const { return swap || !mounted_at.empty() || !holders.empty(); }
  bool operator==(const Use&) const = default;
};

/// Whether a holder, "md127", is an array. Pure.
[[nodiscard]] bool is_array(const std::string& holder);
/// The array among the holders, "md127"; empty if there is none. Pure.
[[nodiscard]] std::string array_of(const Use& use);

struct Partition {
  int number = 0;           ///< from 1
  std::string device = {};  ///< "/dev/sdb1"
  std::uint64_t start = 0;  ///< bytes
  std::uint64_t size = 0;   ///< bytes
  std::string uuid = {};    ///< PARTUUID
  std::string type = {};    ///< type GUID of a GPT, lower case; empty in another table
  Content content = {};
  /// File names in the root directory. Read only from Azure's NTFS and from file systems of
  /// unfinished work; nullopt if not read, or if the kernel cannot read the file system.
  std::optional<std::vector<std::string>> entries = {};
  /// Why `entries` could not be read although the kernel supports the file system; empty otherwise.
  std::string entries_error = {};
  bool zeroed = false;  ///< the first and the last MiB are zero
  Use use = {};
};

struct Disk {
  std::string device = {};  ///< "/dev/sdb"; changes from boot to boot, never matched on
  DiskKind kind = DiskKind::kOther;
  int number = -1;         ///< LUN of a data disk; index of a local disk, from 1; -1: none
  std::string why = {};    ///< how the kind is known, a sentence
  std::uint64_t size = 0;  ///< bytes
  /// The kernel's sequence number, which differs between two disks that have the same name one
  /// after the other. 0: the kernel has none, or udev's links do not exist yet. Source:
  /// /sys/block/*/diskseq, since Linux 5.15.
  std::uint64_t sequence = 0;
  bool read_only = false;
  std::string table = {};       ///< "gpt", "dos"; empty: none
  std::string table_uuid = {};  ///< PTUUID
  std::string array_uuid = {};  ///< of kArray: the UUID in the superblocks of its members
  /// The table is damaged, of an unsupported kind, or impossible: a partition ends behind the disk.
  bool table_unclear = false;
  Content content = {};  ///< of the whole disk; empty if there is a table
  bool zeroed = false;   ///< the first and the last MiB are zero
  /// There is data between the table and the first partition, between partitions, or behind the
  /// last one.
  bool gap_used = false;
  std::vector<Partition> partitions = {};  ///< by their start
  Use use = {};                            ///< of the whole disk, not of its partitions
  std::string error = {};  ///< why the disk could not be read, a sentence; empty: no error
};

/// Whether the UUID is that of a partition of the disk, or of the array that the disk is or belongs
/// to. Pure.
[[nodiscard]] bool has_uuid(const Disk& disk, const std::string& uuid);

}  // namespace azl::disk
