// The keys users, user and system_info.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans one item for each user of `users`: text with commas, a list of names and of maps, or a map
/// of names. "default" is the user that Azure names, who is always made. A bad user costs only
/// itself. Source: cloud-init's module reference, "Users and Groups".
void plan_users(const YamlMember& member, ModuleOutput& out);
/// Plans one item for `user`, which changes the user that Azure names.
void plan_user(const YamlMember& member, ModuleOutput& out);
/// Plans one item for `system_info.default_user`, which changes the user that Azure names.
void plan_system_info(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
