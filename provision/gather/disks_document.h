// A machine's disks as a document: what `azl-provision plan --disks FILE` reads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "disk/block_device.h"
#include "disk/plan/disk_plan.h"

namespace azl::provision {

/// The longest document that is read, in bytes.
inline constexpr std::size_t kDisksLimit = 4 << 20;

/// Reads a list of disks, or an object with the members that docs/plan.md lists. Unknown members
/// are ignored, missing ones have their defaults. The default number of a partition is its place in
/// the list, from 1, and the default device is the kernel's name for it. At most 4,096 disks with
/// 4,096 partitions each. Errors: kInvalidInput with the place, "disks[1].partitions[0].size is not
/// a number of bytes". Pure; takes any bytes.
[[nodiscard]] Result<disk::DiskFacts> parse_disks(std::string_view json);
/// An object with everything that parse_disks reads.
[[nodiscard]] std::string to_json(const disk::DiskFacts& facts);
/// A list of the disks only.
[[nodiscard]] std::string to_json(const std::vector<disk::Disk>& disks);

}  // namespace azl::provision
