// Keys of cloud-config that no module plans.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Adds a warning about a key that no module plans: "unknown-key" or "ignored-key", as
/// top_level_keys.h has them.
void remark_unplanned_key(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
