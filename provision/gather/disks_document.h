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

/// Longest document that is read, in bytes.
inline constexpr std::size_t kDisksLimit = 4 << 20;

/// Pure: any bytes. A list of disks, or an object of "disks", "root", "points", "memory",
/// "other_formatter" and "other_grower". Unknown members are ignored; a missing one has its
/// default, which of a partition's number is its place from 1, and of its device what the kernel
/// would call it. At most 4,096 disks, with 4,096 partitions each. Errors: kInvalidInput, which
/// says where: "disks[1].partitions[0].size is not a number of bytes".
[[nodiscard]] Result<disk::DiskFacts> parse_disks(std::string_view json);
/// All that parse_disks reads, as an object.
[[nodiscard]] std::string to_json(const disk::DiskFacts& facts);
/// The disks alone, as a list.
[[nodiscard]] std::string to_json(const std::vector<disk::Disk>& disks);

}  // namespace azl::provision
