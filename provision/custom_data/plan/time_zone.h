// The key timezone.
#pragma once

#include <string_view>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Whether this can be the name of a time zone: words of letters, digits and "_+-" with "/" between
/// them, at most 255 bytes.
[[nodiscard]] bool is_time_zone_name(std::string_view name);

/// Plans one item. Source: cloud-init's module reference, "Timezone".
void plan_time_zone(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
