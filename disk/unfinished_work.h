// What is remembered of the disks from boot to boot, and what changes it: plain data, pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "disk/block_device.h"

namespace azl::disk {

/// A file system that was begun.
struct Making {
  std::string uuid = {};   ///< PARTUUID of the partition, or UUID of the array, that it is made on
  std::string place = {};  ///< of the disk when it was begun, as by place_of
  /// It was not ended and the machine ran on: somebody may have written to it since.
  bool failed = false;
  bool operator==(const Making&) const = default;
};

/// What is remembered from boot to boot in disks.json.
struct DiskMemory {
  /// What this program began to make and has not ended: it was cut off, or it failed. Of a boot
  /// that was cut off before it wrote its table, no disk has the UUID.
  std::vector<Making> making = {};
  /// UUID of the array that it began to make, and which some of the disks may not have in their
  /// superblocks yet; empty: none. Nobody can have used an array that is not whole.
  std::string striping = {};
  /// PARTUUIDs of data disks' partitions that it made, whole, or began and does not go on with:
  /// they are never overwritten again, whatever the configuration says.
  std::vector<std::string> made = {};
  /// Size in bytes of the OS disk to which its last partition and file system were grown; 0: never.
  std::uint64_t grown_to = 0;
  /// What it made is not all known, for the file could not be read or was full: no partition is
  /// overwritten until somebody who knows better sets it to false in the file.
  bool lost = false;
  /// What was begun on the partition or array of this UUID, and not ended; null: nothing.
  [[nodiscard]] const Making* find(const std::string& uuid) const;
  /// One is made from now on, or once more.
  void begin(const Making& one);
  /// The run is over for this disk, and anybody may use it: what was begun on it, or on an array of
  /// it, and is still not ended, has failed. Returns whether that is news.
  bool leave(const Disk& disk);
  /// One is whole. What was begun on that disk before went with its table. What was begun at that
  /// place before, and none of `disks` has, those that were looked at, is not made any more: it was
  /// never written, or its disk is elsewhere, and should that come back it is left as it is.
  void end(const Making& one, const std::vector<Disk>& disks);
  /// Nothing of one is on a disk any more.
  void forget(const Making& one);
};

}  // namespace azl::disk
