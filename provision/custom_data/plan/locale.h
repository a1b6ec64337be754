// The key locale.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans one item, and nothing if the value is false. Source: cloud-init's module reference,
/// "Locale".
void plan_locale(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
