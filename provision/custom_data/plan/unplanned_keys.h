// Keys of cloud-config that no module plans.
#pragma once

#include <string_view>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Adds a warning about a key that no module plans: "unknown-key", "ignored-key" as
/// top_level_keys.h has them, or "not-supported" for a key that this version does not carry out
/// yet.
void remark_unplanned_key(const YamlMember& member, ModuleOutput& out);

/// What users can do until a key is carried out, a sentence without a final period.
[[nodiscard]] std::string_view find_meanwhile(std::string_view key);

}  // namespace azl::provision::custom_data
