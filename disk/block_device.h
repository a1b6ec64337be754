// What a block device is on an Azure VM, what is on it, and who uses it: plain data.
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
  kOs,        ///< the root file system is on it, or Azure calls it the OS disk
  kResource,  ///< the SCSI resource disk, which loses what is on it
  kLocal,     ///< a local NVMe disk, which does so too; several of them
  kData,      ///< a data disk, known by its LUN
  kArray,     ///< all local disks as one, striped
  kOther,     ///< everything else; never touched
};
/// As in the plan and the report: os, resource, local, data, array, other.
[[nodiscard]] std::string_view to_string(DiskKind kind);

/// The place a disk has on the VM, whichever disk that is: "resource", "data 3". Pure.
[[nodiscard]] std::string place_of(DiskKind kind, int number);

/// What libblkid finds at the beginning of a disk or a partition.
struct Content {
  std::string type = {};  ///< TYPE: "ext4", "ntfs", "swap", "crypto_LUKS", "linux_raid_member";
                          ///< empty: nothing that libblkid knows
  std::string label = {};
  std::string uuid = {};
  bool unclear = false;  ///< several signatures contradict each other, or it could not be read
  bool operator==(const Content&) const = default;
};

/// Who uses a disk or a partition. Source: /proc/self/mountinfo, /proc/swaps, /sys/…/holders, and
/// /sys/…/loop/backing_file.
struct Use {
  std::vector<std::string> mounted_at = {};  ///< all mount points
  bool swap = false;
  std::vector<std::string> holders = {};  ///< "dm-0", "md127", "loop0"
  [[nodiscard]] bool any() const { return swap || !mounted_at.empty() || !holders.empty(); }
  bool operator==(const Use&) const = default;
};

/// Whether a holder, "md127", is an array. Pure.
[[nodiscard]] bool is_array(const std::string& holder);
/// The array that holds a disk, "md127"; empty: none does. Pure.
[[nodiscard]] std::string array_of(const Use& use);

struct Partition {
  int number = 0;           ///< in the table, from 1
  std::string device = {};  ///< "/dev/sdb1"
  std::uint64_t start = 0;  ///< bytes
  std::uint64_t size = 0;   ///< bytes
  std::string uuid = {};    ///< PARTUUID
  Content content = {};
  /// Names in the root directory of Azure's NTFS, or of a file system that was begun; empty: not
  /// looked at, or this kernel can't read it.
  std::optional<std::vector<std::string>> entries = {};
  /// Why they could not be seen, where this kernel can read the file system; empty: it has none for
  /// it, or nobody looked.
  std::string entries_error = {};
  bool zeroed = false;  ///< its first and its last MiB are zero
  Use use = {};
};

struct Disk {
  std::string device = {};  ///< "/dev/sdb": to be opened, never to be matched on
  DiskKind kind = DiskKind::kOther;
  int number = -1;         ///< LUN of a data disk, index of a local one from 1; -1: none
  std::string why = {};    ///< how its kind is known, a sentence
  std::uint64_t size = 0;  ///< bytes
  /// The kernel's count of disks that came, by which one that came back under the same name is
  /// another; 0: it tells none, or udev has yet to make the disk's links. Source:
  /// /sys/block/*/diskseq, since Linux 5.15.
  std::uint64_t sequence = 0;
  bool read_only = false;
  std::string table = {};       ///< "gpt", "dos"; empty: none
  std::string table_uuid = {};  ///< PTUUID
  std::string array_uuid = {};  ///< of kArray: as its members have it
  /// The table is damaged, or says what can't be: a partition that ends behind the disk's end.
  bool table_unclear = false;
  Content content = {};  ///< of the whole disk; empty where there is a table
  bool zeroed = false;   ///< its first and its last MiB are zero
  /// There is something between the table and the first partition, or behind the last one.
  bool gap_used = false;
  std::vector<Partition> partitions = {};  ///< in the order in which they lie
  Use use = {};                            ///< of the disk itself
  std::string error = {};  ///< why it could not be looked at, a sentence; empty: it could
};

/// Whether a disk has what this UUID is of: a partition, or a part of an array. Pure.
[[nodiscard]] bool has_uuid(const Disk& disk, const std::string& uuid);

}  // namespace azl::disk
