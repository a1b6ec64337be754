// The partitions that disk_setup asks for.
#pragma once

#include <cstdint>

#include "provision/custom_data/parse/yaml_tree.h"

namespace azl::provision::custom_data {

enum class LayoutKind : std::uint8_t {
  kNone,   ///< the disk is not to be partitioned
  kOne,    ///< one partition
  kTwo,    ///< two; the second one can be for swap
  kOther,  ///< what azl-provision does not make
};

struct DiskLayout {
  LayoutKind kind = LayoutKind::kNone;
  unsigned second_percent = 0;  ///< of kTwo: the size of the second partition, 1 to 99
  bool second_is_swap = false;  ///< of kTwo: its type says so
};

/// Reads `layout`: true, false, or a list with "PERCENT" or "[PERCENT, TYPE]" for each partition.
/// The sizes of the first partition and of an only one do not matter, because they take what is
/// left. The type counts only if it is that of swap: 82, 8200, "swap" or its GUID. `layout`:
/// nullptr if it is not given.
[[nodiscard]] DiskLayout read_disk_layout(const YamlNode* layout);

}  // namespace azl::provision::custom_data
