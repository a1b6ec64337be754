// The key ntp.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans one item. Plans nothing if no server, pool or peer is given, because Azure's own clock is
/// used then, or if `enabled` is false. `allow` takes no names. Source: cloud-init's module
/// reference, "NTP".
void plan_ntp(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
