// What this program did to the disks in earlier boots, and how that changes. Plain data, pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "disk/block_device.h"

namespace azl::disk {

/// A file system that this program began to make and has not finished.
struct UnfinishedWork {
  std::string uuid = {};   ///< PARTUUID of the partition, or UUID of the array, that it is made on
  std::string place = {};  ///< of the disk when the work began, as by place_of
  /// A run ended before the file system was whole, and the machine ran on. Somebody may have
  /// written to the partition since then.
  bool failed = false;
  bool operator==(const UnfinishedWork&) const = default;
};

/// What is kept from boot to boot in disks.json.
struct DiskHistory {
  /// File systems that a power cut or an error left unfinished. If the power cut came before the
  /// partition table was written, no disk has the entry's UUID.
  std::vector<UnfinishedWork> unfinished = {};
  /// UUID of the array that is being made. Some of its disks may not have it in their superblocks
  /// yet; nobody can have used such an array. Empty: none.
  std::string unfinished_array = {};
  /// PARTUUIDs of data disks' partitions that this program made, or began and gave up. They are
  /// never overwritten again, whatever the configuration says.
  std::vector<std::string> made = {};
  /// Size in bytes of the OS disk to which its last partition and file system were grown; 0: never.
  std::uint64_t grown_to = 0;
  /// UUIDs of the swap files that this program made, the newest last.
  std::vector<std::string> swap_files = {};
  /// Entries of `made` may be missing, because the file could not be read or was full. Then no
  /// partition is overwritten until an administrator sets this to false in the file.
  bool incomplete = false;

  /// The unfinished work on the partition or array with this UUID; null if there is none.
  [[nodiscard]] const UnfinishedWork* find_unfinished(const std::string& uuid) const;
  /// Adds an entry, or replaces the one with the same UUID. If there are too many, drops the oldest
  /// and protects its partition as finish does.
  void begin(const UnfinishedWork& work);
  /// Marks the unfinished work on `disk`, or on an array of it, as failed: this run is over for the
  /// disk, and anybody may use it from now on. Returns whether an entry changed.
  bool mark_failed(const Disk& disk);
  /// Records that `work` is complete: adds it to `made` if it is on a data disk. Drops
  ///   - its entry;
  ///   - entries for the same disk, whose partitions are gone with their table;
  ///   - entries for the same place whose partition no longer exists on any of `disks`.
  /// Such a partition was never written, or its disk was moved. If it is on a data disk, it is
  /// added to `made`, too, so that the disk stays as it is if it comes back.
  void finish(const UnfinishedWork& work, const std::vector<Disk>& disks);
  /// Adds a swap file that this program made. If there are too many, drops the oldest.
  void add_swap_file(const std::string& uuid);
  /// Drops an entry of which nothing is left on any disk.
  void remove(const UnfinishedWork& work);
};

}  // namespace azl::disk
