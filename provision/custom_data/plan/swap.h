// The key swap.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"
#include "provision/custom_data/plan/mounts.h"
#include "provision/custom_data/plan/wished_disks.h"

namespace azl::provision::custom_data {

/// Plans the item "swap", or a swap file on the resource disk, if its name is below the mount point
/// of that disk: the disk comes back blank, so the file has to be made again. `mounted`: what the
/// document mounts where. Source: cloud-init's module reference, "Mounts".
void plan_swap(const YamlMember& member, const std::vector<MountedAt>& mounted, WishedDisks& disks,
               ModuleOutput& out);

/// Parses a size as cloud-init does, in any case: bytes, or a number with the unit B, K, M, G or T,
/// also KB and so on, which are powers of 1024. Returns nullopt for anything else, and beyond 1
/// PiB.
[[nodiscard]] std::optional<std::uint64_t> parse_swap_size(std::string_view text);

}  // namespace azl::provision::custom_data
