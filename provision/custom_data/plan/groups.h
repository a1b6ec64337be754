// The key groups.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans one item for each group. Takes text with commas, a list of names and of maps, or a map of
/// names to members. A bad group costs only itself. Source: cloud-init's module reference, "Users
/// and Groups".
void plan_groups(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
